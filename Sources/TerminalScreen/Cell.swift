// SPDX-License-Identifier: Apache-2.0

/// One place of the screen. Trivial, so that rows are copied as memory is.
struct Cell: Equatable {
  /// The second half of a wide character.
  static let spacer: UInt32 = 1 << 31
  private static let wide: UInt32 = 1 << 30
  /// The text is several characters: the number of a cluster.
  private static let cluster: UInt32 = 1 << 29

  /// 0 where nothing was written.
  var text: UInt32 = 0
  /// A number in `SideTables`, as is the link.
  var style: UInt16 = 0
  var link: UInt16 = 0

  init(text: UInt32 = 0, style: UInt16 = 0, link: UInt16 = 0) {
    (self.text, self.style, self.link) = (text, style, link)
  }

  var isSpacer: Bool { text == Self.spacer }
  var isWide: Bool { text & Self.wide != 0 && !isSpacer }
  var isBlank: Bool { text == 0 }
  /// nil where it is one character or none.
  var clusterNumber: Int? { text & Self.cluster != 0 && !isSpacer ? Int(text & (Self.cluster - 1)) : nil }
  var scalar: UInt32 { text & (Self.cluster - 1) }

  mutating func setCluster(_ number: Int) { text = text & Self.wide | Self.cluster | UInt32(number) }
  static func wide(_ scalar: UInt32) -> UInt32 { scalar | wide }
}
