// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// What happens to freed memory.
public enum FreedMemory {
  /// Returns freed memory to the system from now on.
  public static func giveBack() { oc_give_memory_back() }
}
