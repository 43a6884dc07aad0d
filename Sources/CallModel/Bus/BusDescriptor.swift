// SPDX-License-Identifier: Apache-2.0

/// A file descriptor as a value of a message.
public final class BusDescriptor: Sendable, Equatable {
  public let raw: Int32
  private let close: (@Sendable (Int32) -> Void)?

  /// One that somebody else has, and keeps open for as long as this is used: of a message that arrived, no longer than
  /// that is there.
  public init(borrowing raw: Int32) { (self.raw, close) = (raw, nil) }

  /// Takes it over. It is closed with this object.
  public init(owning raw: Int32, close: @escaping @Sendable (Int32) -> Void) { (self.raw, self.close) = (raw, close) }

  deinit { close?(raw) }

  public static func == (one: BusDescriptor, other: BusDescriptor) -> Bool { one.raw == other.raw }
}
