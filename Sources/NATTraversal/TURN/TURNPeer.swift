// SPDX-License-Identifier: Apache-2.0

/// A permission (RFC 8656, 9). It holds for 300 s.
struct TURNPermission: Sendable, Equatable {
  static let time: Int64 = 240_000

  /// Only its host counts.
  var peer: TransportAddress
  var isGranted = false
  var isRefused = false
  /// Nil while a request is at work, or if it is refused.
  var refreshAt: Int64?
}

/// A channel (RFC 8656, 12). It holds for 600 s.
struct TURNChannel: Sendable, Equatable {
  static let time: Int64 = 540_000
  static let numbers: ClosedRange<UInt16> = 0x4000...0x4FFF

  let peer: TransportAddress
  let number: UInt16
  var isBound = false
  var isRefused = false
  /// As of a permission.
  var refreshAt: Int64?
}
