// SPDX-License-Identifier: Apache-2.0

/// Whether a viewer reads what it is sent.
struct ViewerProgress {
  /// How long one that reads may take for a piece, in milliseconds.
  static let patience = 500

  private var lastTime = 0
  private var lastUnread = 0

  /// - Parameter unread: how much it has to read now.
  mutating func noteSent(unread: Int) { (lastTime, lastUnread) = (monotonicMilliseconds(), unread) }

  /// - Parameter unread: how much it has to read.
  mutating func goesOn(unread: Int) -> Bool {
    let now = monotonicMilliseconds()
    if unread < lastUnread { lastTime = now }
    lastUnread = unread
    return now - lastTime < Self.patience
  }
}
