// SPDX-License-Identifier: Apache-2.0

/// What connectivity checks are authenticated with (RFC 8445, 5.3). New ones are an ICE restart.
struct ICECredentials: Sendable, Equatable, Codable {
  let userFragment: String
  let password: String

  /// Nil unless both have the form of RFC 8839, 5.4.
  init?(userFragment: String, password: String) {
    guard (4...256).contains(userFragment.utf8.count), (22...256).contains(password.utf8.count),
      Self.isText(userFragment), Self.isText(password)
    else { return nil }
    (self.userFragment, self.password) = (userFragment, password)
  }

  /// 48 and 144 random bits.
  init(using random: inout some RandomNumberGenerator) {
    func text(_ count: Int) -> String {
      String(decoding: (0..<count).map { _ in Self.characters[Int.random(in: 0..<64, using: &random)] }, as: UTF8.self)
    }
    (userFragment, password) = (text(8), text(24))
  }

  private enum CodingKeys: String, CodingKey {
    case userFragment = "ufrag"
    case password = "pwd"
  }

  private static let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Nothing but `ice-char`.
  static func isText(_ text: some StringProtocol) -> Bool { text.utf8.allSatisfy { characters.contains($0) } }
}
