// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// Watches of directories (inotify(7)) that survive the process in the fd store.
///
/// The kernel takes up to 20 ms to remove a watch, and a process does not exit before its last descriptor is closed.
/// For that long, nobody could replace it.
@EventLoopActor
public enum KeptWatches {
  private static let prefix = "watch."
  /// By directory. There are few, and they are never closed.
  private static var descriptors: [String: Int32] = [:]

  /// Takes over the watches that an earlier process left in the fd store, and returns the other descriptors.
  public static func takeOver(_ stored: [(name: String, descriptor: Int32)]) -> [(name: String, descriptor: Int32)] {
    stored.filter { name, descriptor in
      guard name.hasPrefix(prefix) else { return true }
      let path = String(name.dropFirst(prefix.count))
      if descriptors[path] == nil, isWatch(descriptor) { descriptors[path] = descriptor } else { close(descriptor) }
      return false
    }
  }

  /// Returns a descriptor that is readable when an entry of the directory at `path` was added or removed, or may have
  /// been. It stays owned by this type.
  static func descriptor(for path: String) throws(SystemError) -> Int32 {
    let what = "watch the directory \(path)"
    let kept = descriptors[path]
    let descriptor: Int32
    if let kept {
      descriptor = kept
    } else {
      descriptor = try SystemError.checkCall(inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC)), what)
    }
    // Even for a stored watch: the directory may have been replaced since.
    let changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
    guard inotify_add_watch(descriptor, path, UInt32(changes) | UInt32(IN_ONLYDIR)) >= 0 else {
      let failure = errno
      if kept == nil { close(descriptor) }
      throw SystemError(what, errno: failure)
    }
    guard kept == nil else { return descriptor }
    descriptors[path] = descriptor
    // If this fails, the process only takes longer to exit.
    _ = try? FDStore.add(prefix + path, descriptor)
    return descriptor
  }

  /// Reads and discards the pending events.
  static func drain(_ descriptor: Int32) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while read(descriptor, &buffer, buffer.count) > 0 {}
  }

  /// The store may contain anything.
  private static func isWatch(_ descriptor: Int32) -> Bool {
    var target = [CChar](repeating: 0, count: 64)
    let length = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
    let kind = String(decoding: target[..<max(0, length)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return kind == "anon_inode:inotify"
  }
}
