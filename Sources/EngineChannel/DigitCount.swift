// SPDX-License-Identifier: Apache-2.0

/// Digits since the engine's start: those that it has taken, and those of them that it has sent.
public struct DigitCount: Sendable, Equatable {
  public var taken: UInt64
  public var sent: UInt64

  public init(taken: UInt64 = 0, sent: UInt64 = 0) { (self.taken, self.sent) = (taken, sent) }

  public var waiting: UInt64 { taken > sent ? taken - sent : 0 }
}

extension DigitCount: WireBody {
  static var blank: Self { Self() }

  static let fields: [WireField<Self>] = [.required("taken", \.taken), .required("sent", \.sent)]
}
