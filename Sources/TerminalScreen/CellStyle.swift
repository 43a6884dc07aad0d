// SPDX-License-Identifier: Apache-2.0

/// How text looks: what `ESC [ … m` sets.
struct CellStyle: Hashable {
  struct Attributes: OptionSet, Hashable {
    let rawValue: UInt16
    static let bold = Attributes(rawValue: 1)
    static let faint = Attributes(rawValue: 2)
    static let italic = Attributes(rawValue: 4)
    static let blink = Attributes(rawValue: 8)
    static let inverse = Attributes(rawValue: 16)
    static let hidden = Attributes(rawValue: 32)
    static let struck = Attributes(rawValue: 64)
    static let overline = Attributes(rawValue: 128)
  }

  /// The terminal's own, one of its palette, or a mixture of red, green and blue.
  struct Color: Hashable {
    private static let indexed: UInt32 = 1 << 24
    private static let mixed: UInt32 = 2 << 24

    private var value: UInt32 = 0
    static let usual = Color()

    init() {}
    init(_ index: Int) { value = Self.indexed | UInt32(index & 0xFF) }
    init(red: Int, green: Int, blue: Int) {
      value = Self.mixed | UInt32(red & 0xFF) << 16 | UInt32(green & 0xFF) << 8 | UInt32(blue & 0xFF)
    }

    /// The codes that set it as the foreground (3), the background (4) or the color of underlines (5).
    func codes(_ ground: Int) -> String {
      let index = value & 0xFF
      switch value & 0xFF00_0000 {
      case 0: return ""
      case Self.indexed where ground != 5 && index < 8: return ";\(ground)\(index)"
      case Self.indexed where ground != 5 && index < 16: return ";\(ground == 3 ? 9 : 10)\(index - 8)"
      // With colons, because a terminal that does not know these would take the rest for other styles.
      case Self.indexed: return ground == 5 ? ";58:5:\(index)" : ";\(ground)8;5;\(index)"
      default:
        let (red, green) = (value >> 16 & 0xFF, value >> 8 & 0xFF)
        return ground == 5 ? ";58:2::\(red):\(green):\(index)" : ";\(ground)8;2;\(red);\(green);\(index)"
      }
    }
  }

  var foreground = Color.usual
  var background = Color.usual
  var underlineColor = Color.usual
  var attributes: Attributes = []
  /// None, single, double, curly, dotted, dashed.
  var underline: UInt16 = 0

  /// That of what is erased.
  var erased: CellStyle {
    var style = CellStyle()
    style.background = background
    return style
  }

  /// In the order of their codes.
  private static let codes: [(Attributes, String)] = [
    (.bold, ";1"), (.faint, ";2"), (.italic, ";3"), (.blink, ";5"), (.inverse, ";7"), (.hidden, ";8"), (.struck, ";9"),
    (.overline, ";53"),
  ]

  /// With a semicolon before each.
  var codes: String {
    var text = ""
    for (attribute, code) in Self.codes where attributes.contains(attribute) { text += code }
    if underline == 1 { text += ";4" } else if underline > 1 { text += ";4:\(underline)" }
    return text + foreground.codes(3) + background.codes(4) + underlineColor.codes(5)
  }
}

extension CellStyle {
  /// Does what a sequence with those parameters does.
  mutating func set(_ control: borrowing ControlParameters) {
    guard control.count > 0 else { return self = CellStyle() }
    var place = 0
    while place < control.count {
      let parts = control.parts(at: place)
      set(control, at: &place, parts)
      place += parts
    }
  }

  /// - Parameter parts: how many belong to the one at `place`, by colons: more than one makes a whole of them.
  private mutating func set(_ control: borrowing ControlParameters, at place: inout Int, _ parts: Int) {
    let code = control[place]
    switch code {
    case 0: self = CellStyle()
    case 1: attributes.insert(.bold)
    case 2: attributes.insert(.faint)
    case 3: attributes.insert(.italic)
    case 4: underline = parts > 1 ? UInt16(min(5, control[place + 1])) : 1
    case 5, 6: attributes.insert(.blink)
    case 7: attributes.insert(.inverse)
    case 8: attributes.insert(.hidden)
    case 9: attributes.insert(.struck)
    case 21: underline = 2
    case 22: attributes.subtract([.bold, .faint])
    case 23: attributes.remove(.italic)
    case 24: underline = 0
    case 25: attributes.remove(.blink)
    case 27: attributes.remove(.inverse)
    case 28: attributes.remove(.hidden)
    case 29: attributes.remove(.struck)
    case 30...37: foreground = Color(code - 30)
    case 38: foreground = color(control, at: &place, parts) ?? foreground
    case 39: foreground = .usual
    case 40...47: background = Color(code - 40)
    case 48: background = color(control, at: &place, parts) ?? background
    case 49: background = .usual
    case 53: attributes.insert(.overline)
    case 55: attributes.remove(.overline)
    case 58: underlineColor = color(control, at: &place, parts) ?? underlineColor
    case 59: underlineColor = .usual
    case 90...97: foreground = Color(code - 82)
    case 100...107: background = Color(code - 92)
    default: break
    }
  }

  private func color(_ control: borrowing ControlParameters, at place: inout Int, _ parts: Int) -> Color? {
    if parts > 1 {
      // `38:2:R:G:B`, or with the number of a color space before them.
      let first = parts > 5 ? place + 3 : place + 2
      if control[place + 1] == 5, parts > 2 { return Color(control[place + 2]) }
      guard control[place + 1] == 2, parts > 4 else { return nil }
      return Color(red: control[first], green: control[first + 1], blue: control[first + 2])
    }
    let kind = place + 1 < control.count ? control[place + 1] : 0
    let first = place + 2
    if kind == 5, first < control.count {
      place += 2
      return Color(control[first])
    }
    guard kind == 2, first + 2 < control.count else {
      place = control.count
      return nil
    }
    place += 4
    return Color(red: control[first], green: control[first + 1], blue: control[first + 2])
  }
}
