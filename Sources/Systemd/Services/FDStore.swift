// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// Descriptors that the service manager keeps while the daemon is replaced (`FileDescriptorStoreMax=`).
///
/// It closes them when the service is stopped for good.
@EventLoopActor
public enum FDStore {
  /// The descriptors that an earlier daemon left, by name. Call this once; the caller owns them, and they also stay
  /// stored.
  public static func take() throws(SystemError) -> [(name: String, descriptor: Int32)] {
    var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    let count = try SystemError.check(oc_fdstore_take(&names), "take over the stored descriptors")
    guard count > 0, let names else { return [] }
    defer { free(names) }
    return (0..<Int(count)).map { index in
      defer { free(names[index]) }
      return (names[index].map { String(cString: $0) } ?? "", 3 + Int32(index))
    }
  }

  /// Stores a duplicate of `descriptor`. Returns whether there is a service manager that keeps it.
  @discardableResult
  public static func add(_ name: String, _ descriptor: Int32) throws(SystemError) -> Bool {
    // Keep it even if its other end hangs up, so that nothing that is left to read is lost.
    let result = ServiceNotifier.tell("FDSTORE=1\nFDPOLL=0\nFDNAME=\(name)", descriptor)
    return try SystemError.check(result, "store the descriptor \(name)") > 0
  }

  public static func remove(_ name: String) throws(SystemError) {
    let result = ServiceNotifier.tell("FDSTOREREMOVE=1\nFDNAME=\(name)")
    try SystemError.check(result, "remove the stored descriptor \(name)")
  }

  /// Removes and closes a stored descriptor that is not wanted.
  public static func discard(_ name: String, _ descriptor: Int32) throws(SystemError) {
    close(descriptor)
    try remove(name)
  }
}
