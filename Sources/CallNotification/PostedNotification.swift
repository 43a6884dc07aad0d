// SPDX-License-Identifier: Apache-2.0

/// Where a notification is and what it says, saved for the next daemon.
public struct PostedNotification: Sendable, Equatable, Codable {
  /// A name that no other server ever has, because ids are valid for one server only.
  public var server: String
  /// 0 if unknown, because it was being posted.
  public var id: UInt32
  /// The fingerprint of what it says; nil if unknown.
  public var content: UInt64?
  /// What it has told the user; nil if nothing.
  public var news: UInt64?

  public init(server: String, id: UInt32, content: UInt64? = nil, news: UInt64? = nil) {
    (self.server, self.id, self.content, self.news) = (server, id, content, news)
  }
}
