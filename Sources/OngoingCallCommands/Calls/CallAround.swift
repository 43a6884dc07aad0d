// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc

/// The call whose program this process is, or was started by.
enum CallAround {
  /// Its id. The environment would not say it: what brings back to a call is told the id there, too.
  static var session: String? {
    let descriptor = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = read(descriptor, &bytes, bytes.count)
    return session(inControlGroups: String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
  }

  /// - Parameter text: as in `/proc/PID/cgroup` (cgroups(7)).
  static func session(inControlGroups text: String) -> String? {
    for part in text.split(whereSeparator: { $0 == "/" || $0 == "\n" }) {
      if let session = EngineUnit.session(inUnit: String(part)) { return session }
    }
    return nil
  }
}
