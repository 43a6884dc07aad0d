// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc
import LinuxFiles

/// The process that does the jobs of ``FileWorker``. It may wait as long as a disk takes.
///
/// Its socket carries frames, one at a time in each direction: the length in 4 bytes, then that many bytes of JSON.
/// An empty one to the daemon says that the folder of accounts has changed.
struct FileProcess {
  let socket: Int32

  /// Returns when the daemon is gone.
  func serve() {
    let watch = FolderWatch()
    while awaitRequest(orChangeOf: watch), let request = readFrame() {
      // The request comes from the same program. If it is unreadable, that is a bug, and the daemon starts another
      // process.
      guard let job = try? JSONDecoder().decode(FileJob.self, from: Data(request)) else { return }
      // Before it is read, so that no change is missed.
      if case .accounts(let path) = job { watch.follow(path) }
      guard Descriptor.write(Self.frame(job.perform())[...], to: socket) else { return }
    }
  }

  /// Tells of changes by empty frames until there is a request, or the daemon is gone; false where it is gone.
  private func awaitRequest(orChangeOf watch: FolderWatch) -> Bool {
    while true {
      var waits = [socket, watch.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard retryOnInterrupt({ Int(poll(&waits, nfds_t(waits.count), -1)) }) > 0 else { return false }
      if waits[1].revents != 0, watch.hasChanged() {
        guard Descriptor.write(Self.frame([])[...], to: socket) else { return false }
      }
      if waits[0].revents != 0 { return true }
    }
  }

  private func readFrame() -> [UInt8]? {
    guard let header = Descriptor.read(4, from: socket) else { return nil }
    let count = Self.length(header)
    return count <= FileWorker.frameBytes ? Descriptor.read(count, from: socket) : nil
  }

  // MARK: Frames

  static func frame(_ bytes: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) } + bytes
  }

  /// Removes the first complete frame from the bytes; nil if there is none yet.
  static func takeFrame(_ bytes: inout [UInt8]) -> [UInt8]? {
    guard bytes.count >= 4 else { return nil }
    let count = length(bytes[..<4])
    guard bytes.count >= 4 + count else { return nil }
    let frame = Array(bytes[4..<4 + count])
    bytes.removeFirst(4 + count)
    return frame
  }

  private static func length(_ header: some Sequence<UInt8>) -> Int {
    header.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
