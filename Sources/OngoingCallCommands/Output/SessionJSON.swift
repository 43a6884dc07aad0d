// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// Sessions as programs read them. Keys are only ever added; those of the API have its names, and its values.
extension SessionInfo {
  var json: JSON {
    .object(
      Self.properties.flatMap { property -> [JSON.Member] in
        guard let key = property.json else { return [] }
        let member = JSON.Member(key: key, value: JSON(property.row.show(self)))
        return property.row.is(\.media) ? [member, mediaQuality] : [member]
      })
  }

  /// Which the API does not have.
  private var mediaQuality: JSON.Member {
    .init(key: "media-quality", value: media.map { .string(MediaQuality($0).rawValue) } ?? .null)
  }
}

extension JSON {
  init(_ part: ShownPart) {
    self =
      switch part {
      case .unknown: .null
      case .value(let value): JSON(value)
      case .keys(let keys): .object(keys.map { .init(key: $0.name, value: JSON($0.part)) })
      }
  }
}
