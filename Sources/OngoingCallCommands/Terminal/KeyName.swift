// SPDX-License-Identifier: Apache-2.0

/// The keys that tmux(1) has names for, and what a terminal such as xterm sends for them.
enum KeyName {
  /// With xterm's numbers.
  private struct Modifiers: OptionSet {
    let rawValue: Int

    static let shift = Modifiers(rawValue: 1)
    static let meta = Modifiers(rawValue: 2)
    static let control = Modifiers(rawValue: 4)

    init(rawValue: Int) { self.rawValue = rawValue }

    init?(_ letter: Unicode.Scalar?) {
      switch letter {
      case "S", "s": self = .shift
      case "M", "m": self = .meta
      case "C", "c": self = .control
      default: return nil
      }
    }
  }

  private static let escape = "\u{1B}"
  private static let characters = ["enter": "\r", "tab": "\t", "escape": escape, "space": " ", "bspace": "\u{7F}"]
  /// `ESC [ A`, and with modifiers `ESC [ 1 ; 2 A`.
  private static let cursor = ["up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"]
  /// `ESC O P`, and with modifiers `ESC [ 1 ; 2 P`.
  private static let function = ["f1": "P", "f2": "Q", "f3": "R", "f4": "S"]
  /// `ESC [ 3 ~`, and with modifiers `ESC [ 3 ; 2 ~`.
  private static let numbered = [
    "ic": 2, "insert": 2, "dc": 3, "delete": 3, "ppage": 5, "pageup": 5, "pgup": 5, "npage": 6, "pagedown": 6,
    "pgdn": 6, "f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21, "f11": 23, "f12": 24,
  ]
  /// What keys without a control character of their own send with Ctrl.
  private static let withControl = Dictionary(
    uniqueKeysWithValues: zip(
      "1!9(0)=+;:'\",<.>/-8? 2".unicodeScalars, "119900=+;;'',,..\u{1F}\u{1F}\u{7F}\u{7F}\0\0".unicodeScalars))

  /// Those that people press: the others are other names of these.
  static let completed =
    ["Enter", "Tab", "BTab", "Escape", "Space", "BSpace", "Up", "Down", "Left", "Right", "Home", "End", "PageUp"]
    + ["PageDown", "Insert", "Delete"] + (1...12).map { "F\($0)" }

  /// What the key sends that `name` names; nil if it names none.
  static func sent(by name: String) -> String? {
    var rest = name.unicodeScalars[...]
    var modifiers: Modifiers = []
    if rest.first == "^", rest.count > 1 {
      modifiers = .control
      rest = rest.dropFirst()
    }
    while rest.dropFirst().first == "-" {
      guard let modifier = Modifiers(rest.first) else { return nil }
      modifiers.insert(modifier)
      rest = rest.dropFirst(2)
    }
    if let scalar = rest.first, rest.count == 1 { return character(scalar, modifiers) }
    return special(String(rest).lowercased(), modifiers)
  }

  private static func character(_ scalar: Unicode.Scalar, _ modifiers: Modifiers) -> String? {
    guard scalar.value >= 32 else { return nil }
    let meta = modifiers.contains(.meta) ? escape : ""
    let upper = modifiers.contains(.shift) ? scalar.properties.uppercaseMapping.unicodeScalars : .init()
    // A single one: that of “ß” is two.
    let scalar = upper.count == 1 ? upper.first ?? scalar : scalar
    // Other characters have no control characters.
    guard scalar.isASCII, modifiers.contains(.control) else { return meta + String(scalar) }
    return control(scalar).map { meta + String($0) }
  }

  private static func control(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x33...0x37: Unicode.Scalar(scalar.value - 0x18)
    case 0x40...0x7E: Unicode.Scalar(scalar.value & 0x1F)
    default: withControl[scalar]
    }
  }

  private static func special(_ name: String, _ modifiers: Modifiers) -> String? {
    if name == "btab" || (name == "tab" && modifiers.contains(.shift)) { return escape + "[Z" }
    if let text = characters[name] {
      let meta = modifiers.contains(.meta) ? escape : ""
      guard modifiers.contains(.control) else { return meta + text }
      return meta + (name == "space" ? "\0" : name == "bspace" ? "\u{8}" : text)
    }
    let number = modifiers.isEmpty ? nil : modifiers.rawValue + 1
    if let letter = cursor[name] { return escape + (number.map { "[1;\($0)" } ?? "[") + letter }
    if let letter = function[name] { return escape + (number.map { "[1;\($0)" } ?? "O") + letter }
    return numbered[name].map { escape + "[\($0)" + (number.map { ";\($0)" } ?? "") + "~" }
  }
}
