// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

@Suite struct PasswordTests {
  private struct Holder {
    var name = "me"
    var password: Password
  }

  private static func fault(_ bytes: some Collection<UInt8>) -> PasswordFault? {
    do throws(PasswordFault) { _ = try Password(bytes) } catch { return error }
    return nil
  }

  @Test func itIsNeverShown() throws {
    let password = try Password("rosebud".utf8)
    let holder = Holder(password: password)
    var dumped = ""
    dump(holder, to: &dumped)
    dump(password, to: &dumped)
    let shown = [
      "\(password)", String(describing: password), String(reflecting: password), "\(Optional(password) as Any)",
      "\(holder)", "\([password])", "\(["me": password])", "\(Result<Password, PasswordFault>.success(password))",
      dumped,
    ]
    for text in shown {
      #expect(text.contains("***"))
      #expect(!text.contains("rosebud"))
      // Nor as the numbers of its bytes.
      #expect(!text.contains("114"))
    }
    #expect(Mirror(reflecting: password).children.isEmpty)
  }

  @Test func itHasBoundsAndIsText() {
    #expect(Self.fault([]) == .empty)
    #expect(Self.fault([UInt8](repeating: 97, count: 512)) == nil)
    #expect(Self.fault([UInt8](repeating: 97, count: 513)) == .tooLong)
    #expect(Self.fault(Array("pässwörd 🔑".utf8)) == nil)
    #expect(Self.fault([97, 0xFF]) == .notText)
    #expect(Self.fault([0xC3]) == .notText)
    for character in ["\0", "\t", "\r", "\u{1B}", "\u{7F}", "\u{85}", "\n"] {
      #expect(Self.fault(Array("a\(character)".utf8)) == .controlCharacter, "\(character.unicodeScalars)")
    }
  }

  @Test func aLineBreakEndsIt() throws {
    let expected = try Password("one two".utf8)
    #expect(try Password(firstLine: Array("one two\n".utf8)) == expected)
    #expect(try Password(firstLine: Array("one two\nthree\n\0".utf8)) == expected)
    #expect(try Password(firstLine: Array("one two".utf8)) == expected)
    #expect(expected.withBytes { String(decoding: $0, as: UTF8.self) } == "one two")
    #expect(throws: PasswordFault.empty) { try Password(firstLine: Array("\none".utf8)) }
  }
}
