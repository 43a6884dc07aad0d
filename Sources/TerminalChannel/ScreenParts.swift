// SPDX-License-Identifier: Apache-2.0

/// Modes by number that differ from a fresh terminal. Of those that are not known here, a fresh terminal has none.
struct ModeSet: Sendable {
  private static let maximum = 64
  /// Those that every terminal has: cursor keys, reverse, origin, wrapping, mouse, cursor, focus, pasting.
  private static let known: Set<Int> = [
    1, 5, 6, 7, 9, 12, 25, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026,
  ]

  private let usuallyOn: Set<Int>
  private var changed: Set<Int> = []

  init(usuallyOn: Set<Int>) { self.usuallyOn = usuallyOn }

  subscript(mode: Int) -> Bool { changed.contains(mode) != usuallyOn.contains(mode) }

  /// Nothing is known of it.
  func isForeign(_ mode: Int) -> Bool { !isKnown(mode) && !usuallyOn.contains(mode) }

  func isKnown(_ mode: Int) -> Bool { Self.known.contains(mode) || changed.contains(mode) }

  mutating func set(_ mode: Int, _ isOn: Bool) {
    if isOn == usuallyOn.contains(mode) {
      changed.remove(mode)
    } else if changed.count < Self.maximum || Self.known.contains(mode) {
      changed.insert(mode)
    }
  }

  /// In ascending order, whether each is on.
  var differences: [(mode: Int, isOn: Bool)] { changed.sorted().map { ($0, !usuallyOn.contains($0)) } }
}

/// A private mode that a terminal is to keep as it was, and to bring back: `ESC [ ? 1007 s` and `ESC [ ? 1007 r`, which
/// xterm, foot, kitty and VTE know.
public struct SavedMode: Sendable {
  static let maximum = 64

  let mode: Int
  /// The number of bytes before it was switched off.
  public let place: Int

  public var saving: [UInt8] { Array("\u{1B}[?\(mode)s".utf8) }
  public var restoring: [UInt8] { Array("\u{1B}[?\(mode)r".utf8) }
}

/// The stack of the keyboard protocol of one screen: `ESC [ > FLAGS u` pushes, `ESC [ < COUNT u` pops,
/// `ESC [ = FLAGS ; HOW u` changes what is on top.
struct KeyboardStack: Sendable, Equatable {
  private static let maximum = 16
  private static let allFlags = 31

  private var pushed: [Int] = []
  /// The flags below all that was pushed; nil where the program has not touched them.
  private var bottom: Int?

  var flags: Int { pushed.last ?? bottom ?? 0 }
  var isFresh: Bool { pushed.isEmpty && (bottom ?? 0) == 0 }

  mutating func note(_ control: ControlSequence) {
    let first = control.parameters.first ?? 0
    switch control.mark {
    case ">": if pushed.count < Self.maximum { pushed.append(first & Self.allFlags) }
    case "<": pushed.removeLast(min(pushed.count, max(1, first)))
    case "=": change(first & Self.allFlags, how: control.parameters.count > 1 ? control.parameters[1] : 1)
    default: break
    }
  }

  private mutating func change(_ given: Int, how: Int) {
    let new = how == 2 ? flags | given : how == 3 ? flags & ~given : given
    if pushed.isEmpty { bottom = new } else { pushed[pushed.count - 1] = new }
  }

  var setting: String {
    let lowest = bottom.map { $0 == 0 ? "" : "\u{1B}[=\($0)u" } ?? ""
    return lowest + pushed.map { "\u{1B}[>\($0)u" }.joined()
  }

  var undoing: String {
    (pushed.isEmpty ? "" : "\u{1B}[<\(pushed.count)u") + ((bottom ?? 0) == 0 ? "" : "\u{1B}[=0u")
  }
}

/// Character sets of ISO 2022: four, of which one is used.
struct CharacterSets: Sendable {
  /// The last bytes of the sequences that chose them, where they are not ASCII: `ESC ( 0`.
  private var chosen: [[UInt8]?] = [nil, nil, nil, nil]
  private var used = 0
  /// Saved cursors bring them back, which is not followed.
  private var wasChanged = false
  /// `ESC % @` leaves UTF-8.
  private var leftUnicode = false

  /// Returns whether that changes something.
  mutating func shift(to set: Int) -> Bool {
    guard used != set else { return false }
    (used, wasChanged) = (set, true)
    return true
  }

  mutating func reset() { (chosen, used) = ([nil, nil, nil, nil], 0) }

  mutating func note(_ sequence: [UInt8]) {
    if sequence.count == 3, sequence[1] == UInt8(ascii: "%") {
      leftUnicode = sequence[2] == UInt8(ascii: "@")
      return
    }
    guard sequence.count >= 3, let set = Array("()*+".utf8).firstIndex(of: sequence[1]) else { return }
    chosen[set] = sequence.last == UInt8(ascii: "B") ? nil : sequence
    if chosen[set] != nil { wasChanged = true }
  }

  var setting: [UInt8] {
    let shift: [[UInt8]] = [[], [0x0E], [0x1B, 0x6E], [0x1B, 0x6F]]
    return (leftUnicode ? [0x1B, 0x25, 0x40] : []) + chosen.compactMap(\.self).joined() + shift[used]
  }

  /// - Parameter always: whether a saved cursor may have been brought back.
  func undoing(always: Bool) -> String {
    let sets = zip("()*+", chosen).map { $1 == nil && ($0 != "(" || !wasChanged) ? "" : "\u{1B}\($0)B" }.joined()
    return (leftUnicode ? "\u{1B}%G" : "") + (wasChanged || always ? "\u{F}" : "") + sets
  }
}
