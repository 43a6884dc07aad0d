// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Systemd

/// The note that this daemon has turned lingering on, for whoever is to turn it off again. It outlives the machine's
/// power: lingering does too. Its presence alone says that lingering was off before.
struct LingerNote: Sendable {
  private struct Contents: Codable {
    var version = 1
    /// nil until it is on.
    var turnedOn: LingerFlag.Stamp?
  }

  private let directory: String
  private let path: String

  /// - Parameter machine: a home may be shared by machines, and each has lingering of its own.
  init(directory: String, machine: String) {
    self.directory = directory
    path = "\(directory)/linger-\(machine).json"
  }

  /// nil where there is no home.
  static func standard() -> LingerNote? {
    guard let directory = StateDirectory.standard() else { return nil }
    let machine = Files.read("/etc/machine-id", limit: 64).map { String(decoding: $0.prefix(32), as: UTF8.self) }
    return LingerNote(directory: directory, machine: machine ?? "")
  }

  var exists: Bool { Files.exists(path) }

  /// nil also where the note cannot be read.
  var turnedOn: LingerFlag.Stamp? {
    guard let contents = Files.read(path) else { return nil }
    return (try? JSONDecoder().decode(Contents.self, from: Data(contents)))?.turnedOn
  }

  func write(turnedOn: LingerFlag.Stamp?) throws {
    try Files.makeDirectories(directory)
    try Files.write(Array(JSONEncoder().encode(Contents(turnedOn: turnedOn))), to: path, durably: true)
  }

  func remove() { Files.remove(path) }
}
