// SPDX-License-Identifier: Apache-2.0

/// Looks for the keys in what is typed, in every encoding in which terminals send them.
///
/// The beginning of the keys is held back until it is clear whom it is for. The first key typed twice is the program's,
/// once.
struct DetachWatch {
  /// How long the first key alone may wait for the next, in milliseconds. Then it is the program's.
  static let keyPause: Int32 = 800
  /// How long a sequence may take to arrive, in milliseconds.
  static let sequencePause: Int32 = 200
  /// The same for an escape character, which is also a key.
  static let escapePause: Int32 = 40

  let keys: DetachKeys
  private var reader = KeyReader()
  /// What may be the beginning of the keys.
  private var held: [UInt8] = []
  /// How many keys that is.
  private var matched = 0
  private(set) var isDetached = false

  init(_ keys: DetachKeys) { self.keys = keys }

  /// Returns what is for the program.
  mutating func pass(_ typed: some Sequence<UInt8>) -> [UInt8] {
    guard !keys.keys.isEmpty else { return Array(typed) }
    var passed: [UInt8] = []
    for byte in typed {
      for token in reader.take(byte) where !isDetached { take(token, &passed) }
      if isDetached { break }
    }
    return passed
  }

  /// How long to wait for the rest before ``release()``, in milliseconds; nil where nothing waits.
  var pause: Int32? {
    if !reader.incomplete.isEmpty { return reader.incomplete.count == 1 ? Self.escapePause : Self.sequencePause }
    return held.isEmpty ? nil : Self.keyPause
  }

  /// The pause is over. Returns what was held back: it is for the program.
  mutating func release() -> [UInt8] {
    // The keys before a sequence that does not end go on waiting, but not for ever.
    defer { (held, matched) = ([], 0) }
    return held + reader.giveUp()
  }

  private mutating func take(_ token: KeyReader.Token, _ passed: inout [UInt8]) {
    switch token.meaning {
    case .key(let key) where keys.keys[matched] == DetachKeys.Key(byte: key):
      held += token.bytes
      matched += 1
      isDetached = matched == keys.keys.count
    case .key(let key) where matched > 0 && keys.keys[0] == DetachKeys.Key(byte: key):
      // Once for the program; where it was not the second, all the others before it are too.
      passed += matched == 1 ? token.bytes : held
      (held, matched) = matched == 1 ? ([], 0) : (token.bytes, 1)
    case .nothing where matched > 0: held += token.bytes
    case .key, .nothing, .text:
      passed += held + token.bytes
      (held, matched) = ([], 0)
    }
  }
}
