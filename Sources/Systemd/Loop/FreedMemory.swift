// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What becomes of memory that is needed no more.
public enum FreedMemory {
  /// Has it go back to the system, from now on.
  public static func giveBack() { clinux_give_memory_back() }
}
