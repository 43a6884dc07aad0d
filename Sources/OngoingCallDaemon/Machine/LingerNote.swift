// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxFiles
import Systemd

/// The note that this daemon has turned lingering on, for the daemon that turns it off again. Like lingering itself, it
/// survives a reboot. If the note exists, lingering was off before.
@EventLoopActor
struct LingerNote {
  private struct Contents: Codable {
    var version = 1
    /// nil until it is on.
    var turnedOn: LingerFlag.Stamp?
  }

  private nonisolated let directory: String
  private nonisolated let name: String
  nonisolated var path: String { "\(directory)/\(name)" }

  /// - Parameter machine: machines can share a home, and each has its own lingering.
  init(directory: String, machine: String) {
    self.directory = directory
    name = "linger-\(machine).json"
  }

  /// nil if there is no home.
  static func standard() -> LingerNote? {
    guard let directory = StateDirectory.standard() else { return nil }
    let machine = Files.read("/etc/machine-id", limit: 64).map { String(decoding: $0.prefix(32), as: UTF8.self) }
    return LingerNote(directory: directory, machine: machine ?? "")
  }

  /// Finds out whether the note exists, however long that takes.
  func find(_ found: @escaping (_ exists: Bool) -> Void) {
    FileWorker.shared.submit(about: path, within: Wait.files) {
      .read(path)
    } late: { (text: FileJob.Maybe<String>) in
      found(text.value != nil)
    } done: { (result: Result<FileJob.Maybe<String>, FileTrouble>) in
      if case .success(let text) = result { found(text.value != nil) }
    }
  }

  /// nil also if the note is unreadable.
  func turnedOn() async throws(FileTrouble) -> LingerFlag.Stamp? {
    let read: FileJob.Maybe<String> = try await FileWorker.shared.ask(.read(path), about: path)
    guard let text = read.value else { return nil }
    return (try? JSONDecoder().decode(Contents.self, from: Data(text.utf8)))?.turnedOn
  }

  func write(turnedOn: LingerFlag.Stamp?) async throws(FileTrouble) {
    // Numbers can always be encoded.
    let text = (try? JSONEncoder().encode(Contents(turnedOn: turnedOn))).map { String(decoding: $0, as: UTF8.self) }
    let job = FileJob.write(name, in: directory, text: text ?? "")
    let _: FileJob.Done = try await FileWorker.shared.ask(job, about: directory)
  }

  func remove() async throws(FileTrouble) {
    let _: FileJob.Done = try await FileWorker.shared.ask(.remove(path), about: directory)
  }
}
