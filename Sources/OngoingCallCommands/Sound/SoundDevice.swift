// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// A sound device, as an engine's program prints it.
struct SoundDevice: Equatable {
  enum Direction: String, CaseIterable {
    case microphone
    case speaker
  }

  /// Of the engine channel: bytes of a name.
  static let maximumName = 512

  var engine: String
  var direction: Direction
  var name: String
  var description: String
  var isDefault: Bool

  private struct Line: Decodable {
    var direction: String
    var name: String
    var description: String?
    var `default`: Bool?
  }

  /// nil where the line is none, or of a kind that this version does not know.
  init?(_ line: some Sequence<UInt8>, engine: String) {
    guard let read = try? JSONDecoder().decode(Line.self, from: Data(line)),
      let direction = Direction(rawValue: read.direction),
      (1...Self.maximumName).contains(read.name.utf8.count), !read.name.utf8.contains(0)
    else { return nil }
    (self.engine, self.direction, name) = (engine, direction, read.name)
    description = read.description ?? ""
    isDefault = read.default ?? false
  }

  /// Microphones first, then as they came.
  static func table(_ devices: [SoundDevice], _ style: TextStyle, columns: Int?) -> String {
    let sorted = Direction.allCases.flatMap { direction in devices.filter { $0.direction == direction } }
    let hasSeveral = Set(devices.map(\.engine)).count > 1
    return TextTable(
      header: ["", "KIND"] + (hasSeveral ? ["ENGINE"] : []) + ["NAME", "DESCRIPTION"],
      rows: sorted.map { device in
        [device.isDefault ? "*" : "", device.direction.rawValue] + (hasSeveral ? [device.engine] : [])
          + [shown(device.name), shown(device.description)]
      }
    ).text(style, columns: columns)
  }

  var json: JSON {
    [
      "engine": .string(engine), "direction": .string(direction.rawValue), "name": .string(name),
      "description": .string(description), "default": .bool(isDefault),
    ]
  }
}
