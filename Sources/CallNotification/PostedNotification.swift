// SPDX-License-Identifier: Apache-2.0

/// Where a notification is, saved for the next daemon.
public struct PostedNotification: Sendable, Equatable, Codable {
  /// A name that no other server ever has, because ids are valid for one server only.
  public var server: String
  /// 0 if unknown, because it was being posted.
  public var id: UInt32
}
