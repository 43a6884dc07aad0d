// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport

extension Dice {
  /// Some bytes changed, left out, doubled, or taken from elsewhere in it.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let evil = Array(";,:=\"<>@?/|[]%\\ \t\r\n\0\u{7F}0129-.*+#".utf8) + [0xFF, 0xC3, 0x80]
    for _ in 0..<Int.random(in: 1...8, using: &self) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &self)
      let end = min(bytes.count, place + Int.random(in: 1...40, using: &self))
      switch Int.random(in: 0..<7, using: &self) {
      case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &self)
      case 1: bytes[place] = evil.randomElement(using: &self) ?? 0
      case 2: bytes.insert(evil.randomElement(using: &self) ?? 0, at: place)
      case 3: bytes.removeSubrange(place..<end)
      case 4: bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int.random(in: 0...bytes.count, using: &self))
      case 5: bytes.insert(contentsOf: Array("99999999999999999999".utf8.prefix(end - place)), at: place)
      default: bytes.removeSubrange(place...)
      }
    }
    return bytes
  }
}
