// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What happens to freed memory.
public enum FreedMemory {
  /// Returns freed memory to the system from now on.
  public static func giveBack() { clinux_give_memory_back() }
}
