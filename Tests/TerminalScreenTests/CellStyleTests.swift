// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TerminalScreen

struct CellStyleTests {
  @Test(arguments: [
    ("", ""), ("1", ";1"), ("1;31;44", ";1;31;44"), ("1;2;3;5;7;8;9;53", ";1;2;3;5;7;8;9;53"), ("1;2;22", ""),
    ("3;23;5;25;7;27;8;28;9;29;53;55", ""), ("31;39;41;49;58:5:1;59", ""), ("1;0", ""), ("1;", ""), ("6", ";5"),
    ("4", ";4"), ("4:3", ";4:3"), ("4:0", ""), ("4;24", ""), ("21", ";4:2"), ("91;102", ";91;102"),
    ("38;5;1", ";31"), ("38;5;9;48;5;10", ";91;102"), ("38;5;196", ";38;5;196"), ("38:5:196", ";38;5;196"),
    ("48;2;1;2;3", ";48;2;1;2;3"), ("48:2:1:2:3", ";48;2;1;2;3"), ("48:2::1:2:3", ";48;2;1;2;3"),
    ("58;5;1", ";58:5:1"), ("58:2::1:2:3;4", ";4;58:2::1:2:3"), ("38;5", ""), ("38;2;1;1", ""), ("38;9;1", ""),
    ("38;5;300;1", ";1;38;5;44"), ("99;1", ";1"), ("99999999999;1", ";1"),
  ])
  func isRead(_ parameters: String, _ codes: String) {
    let screen = VirtualScreen(10, 4, "\u{1B}[\(parameters)m")
    #expect(screen.cursor.style.codes == codes)
    // What is told is read the same way.
    #expect(VirtualScreen(10, 4, "\u{1B}[0\(codes)m").cursor.style == screen.cursor.style)
  }

  @Test func parametersAreBounded() {
    let many = String(repeating: "1;", count: 400)
    #expect(VirtualScreen(10, 4, "\u{1B}[\(many)31m").cursor.style.codes == ";1")
  }
}
