// SPDX-License-Identifier: Apache-2.0
import Systemd
import Testing

@Suite struct TextDomainTests {
  /// Of any length: short texts are kept in other places than long ones.
  @Test func aTextWithoutATranslationIsItself() {
    let domain = TextDomain("ongoingcall-of-nobody", directory: "/nonexistent")
    for length in [0, 1, 15, 16, 17, 31, 64, 1000] {
      let text = String(repeating: "é…x", count: length)
      // gettext(3) has the header of the translations for the empty text.
      #expect(length == 0 || domain.translation(of: text) == text)
    }
  }
}
