// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import FoundationEssentials

  /// The output of `--devices`: one JSON object per line and sound device.
  enum DeviceList {
    private struct Line: Encodable {
      var direction: String
      var name: String
      var description: String
      var `default`: Bool
    }

    static func print() throws(MediaError) {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      for device in try CallMedia.devices() {
        let line = Line(
          direction: device.direction.rawValue, name: device.name, description: device.description,
          default: device.isDefault)
        if let data = try? encoder.encode(line) { Swift.print(String(decoding: data, as: UTF8.self)) }
      }
    }
  }
#endif
