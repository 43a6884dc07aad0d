// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles

/// Notices when configuration files of a folder change, and when the folder comes, if it is not there yet (inotify(7)).
///
/// `final class`: it has the descriptor, which is closed with the process.
final class FolderWatch {
  /// Readable when something may have changed; -1 before a folder is watched, and where nothing can be noticed.
  private(set) var descriptor: Int32 = -1
  /// Of what is watched now: the folder, or the nearest one above it, and then the name that is to come in it.
  private var watch: Int32 = -1
  private var awaited: String?

  private static let changes =
    UInt32(IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF)
    | UInt32(IN_ONLYDIR)

  /// From now on, this folder is watched; an absolute path.
  func follow(_ path: String) {
    if descriptor < 0 { descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC)) }
    // Folders may come and go meanwhile.
    for _ in 0..<8 {
      let (folder, name) = add(path)
      guard let name, Files.isDirectory("\(folder)/\(name)") else { return }
    }
  }

  /// Watches the folder, or the nearest one above it that is there.
  private func add(_ path: String) -> (folder: String, awaited: String?) {
    var (folder, name): (String, String?) = (path, nil)
    while true {
      let added = inotify_add_watch(descriptor, folder.isEmpty ? "/" : folder, Self.changes)
      if added >= 0 {
        if watch >= 0, watch != added { inotify_rm_watch(descriptor, watch) }
        (watch, awaited) = (added, name)
        return (folder, name)
      }
      guard let slash = folder.lastIndex(of: "/"), !folder.isEmpty else { return (folder, nil) }
      (folder, name) = (String(folder[..<slash]), String(folder[folder.index(after: slash)...]))
    }
  }

  /// Reads what has happened; whether it concerns the folder.
  func hasChanged() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    var found = false
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return found }
      var rest = buffer[..<count]
      while let event = Event(&rest) { if concerns(event) { found = true } }
    }
  }

  private func concerns(_ event: Event) -> Bool {
    if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return true }
    // What is said of a folder that was watched before is known.
    guard event.watch == watch else { return false }
    if event.mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED) != 0 { return true }
    if let awaited { return event.name == awaited }
    return event.name.hasSuffix(DataPath.configurationSuffix)
  }

  /// One `struct inotify_event`, taken off the bytes.
  private struct Event {
    let watch: Int32
    let mask: UInt32
    let name: String

    init?(_ bytes: inout ArraySlice<UInt8>) {
      let header = MemoryLayout<inotify_event>.size
      guard bytes.count >= header else { return nil }
      let fields = bytes.withUnsafeBytes { raw in
        (
          watch: raw.loadUnaligned(fromByteOffset: 0, as: Int32.self),
          mask: raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
          length: Int(raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        )
      }
      guard bytes.count >= header + fields.length else { return nil }
      (watch, mask) = (fields.watch, fields.mask)
      name = String(decoding: bytes.dropFirst(header).prefix(fields.length).prefix { $0 != 0 }, as: UTF8.self)
      bytes = bytes.dropFirst(header + fields.length)
    }
  }
}
