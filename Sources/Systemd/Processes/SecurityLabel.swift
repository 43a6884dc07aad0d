// SPDX-License-Identifier: Apache-2.0

/// The label of a process by the kernel's security module, for example `snap.NAME.APP (enforce)` by AppArmor.
struct SecurityLabel: Equatable {
  static let limit = 4096

  private let text: Substring

  /// nil if it is invalid. The bus ends it with a zero byte, the kernel with a newline.
  init?(_ bytes: [UInt8]) {
    let end = bytes.lastIndex { $0 != 0 && $0 != 10 } ?? -1
    let label = bytes[...end]
    guard label.count <= Self.limit, label.allSatisfy({ (32...126).contains($0) }) else { return nil }
    text = Substring(decoding: label, as: UTF8.self)
  }

  enum Finding: Equatable {
    case none
    case snap(String)
    /// It confines a Snap, but does not say which one.
    case unclear
  }

  /// The Snap that it confines. A profile in complain mode, as for a classic Snap, confines nothing.
  var snap: Finding {
    var profiles = text
    if let mode = text.lastIndex(of: "("), text.last == ")" {
      if text[mode...] == "(complain)" { return .none }
      profiles = text[..<mode]
    }
    var snaps: Set<String> = []
    // Stacked profiles, each possibly with a namespace (`:NAMESPACE:PROFILE` or `:NAMESPACE://PROFILE`).
    for profile in profiles.split(separator: "//&") {
      let isOfNamespace = profile.first == ":"
      let inside = isOfNamespace ? profile.dropFirst().drop { $0 != ":" }.drop { $0 == ":" || $0 == "/" } : profile
      let name = inside.prefix { $0 != " " }
      let words = name.split(separator: ".", omittingEmptySubsequences: false)
      guard words.first == "snap" else { continue }
      guard words.count >= 3, Self.isSnap(words[1]) else { return .unclear }
      snaps.insert("snap.\(words[1])")
    }
    guard let snap = snaps.first else { return .none }
    return snaps.count == 1 ? .snap(snap) : .unclear
  }

  /// A name, or the name of one of several instances.
  private static func isSnap(_ name: Substring) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
  }
}
