// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport

extension Dice {
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }

  /// Some bytes changed, left out, doubled, or lengths that are not true.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...6, using: &self) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &self)
      let end = min(bytes.count, place + Int.random(in: 1...24, using: &self))
      switch Int.random(in: 0..<6, using: &self) {
      case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &self)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int.random(in: 0...bytes.count, using: &self))
      case 4: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
      default: bytes.removeSubrange(place...)
      }
    }
    // Many of them have a true length, and so get further.
    if bytes.count >= 20, Bool.random(using: &self) {
      bytes.removeLast(bytes.count % 4)
      bytes[2] = UInt8((bytes.count - 20) >> 8 & 0xFF)
      bytes[3] = UInt8((bytes.count - 20) & 0xFF)
    }
    return bytes
  }
}
