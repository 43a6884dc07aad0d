// SPDX-License-Identifier: Apache-2.0

/// Where a notification is, for the daemon that comes after.
public struct PostedNotification: Sendable, Equatable, Codable {
  /// A name that no other server ever has: ids are its own.
  public var server: String
  /// 0 where it is not known: it was being posted.
  public var id: UInt32
}
