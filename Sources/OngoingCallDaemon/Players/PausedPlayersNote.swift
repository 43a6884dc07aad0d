// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxFiles
import Systemd

/// Which media players the daemon has paused, for the next daemon: a file in the runtime folder, which is in memory.
@EventLoopActor
struct PausedPlayersNote {
  private struct Contents: Codable {
    var version = 1
    /// Unique names are unique on one bus only.
    var bus: String
    var players: [String]
  }

  private let path: String

  init(directory: String) { path = "\(directory)/players.json" }

  /// The unique names of the players. Empty if the note is from another bus, or unreadable.
  func read(onBus bus: String) -> [String] {
    guard let text = Files.read(path, limit: Limit.fileBytes),
      let contents = try? JSONDecoder().decode(Contents.self, from: Data(text)), contents.bus == bus
    else { return [] }
    return contents.players.filter { $0.hasPrefix(":") }.prefix(Limit.players).map(\.self)
  }

  func write(_ players: [String], onBus bus: String) throws {
    if players.isEmpty { return Files.remove(path) }
    try Files.write(Array(JSONEncoder().encode(Contents(bus: bus, players: players))), to: path)
  }
}
