// SPDX-License-Identifier: Apache-2.0
import TerminalChannel
import Testing

struct TerminalCodecTests {
  static let size = TerminalSize(columns: 80, rows: 24)

  @Test(arguments: [
    (TerminalMessage.hello(version: 1), "h1"), (.repaint(leftOut: 1_073_741_824), "r1073741824"),
    (.output(Array("raw \u{1B}[31m".utf8)), "oraw \u{1B}[31m"), (.output([]), "o"),
    (.ended(exitStatus: 137, "killed by signal 9 (SIGKILL)"), "x137 killed by signal 9 (SIGKILL)"),
    (.refused("no more"), "eno more"), (.unknown, "?"), (.places(["7k3m9x2p", "a"]), "w7k3m9x2p a"), (.places([]), "w"),
    (.detached(2), "d2"),
  ])
  func terminalMessages(_ message: TerminalMessage, _ packet: String) throws {
    #expect(String(decoding: message.encoded, as: UTF8.self) == packet)
    #expect(try TerminalMessage(Array(packet.utf8)) == message)
  }

  @Test(arguments: [
    (ViewerMessage.hello(.init(size: size)), "h1 80 24"),
    (.hello(.init(size: size, readOnly: true)), "h1 80 24 read-only"),
    (.hello(.init(version: 2, size: nil)), "h2 0 0"), (.places, "w"), (.detachOthers, "d"),
    (.hello(.init(size: size, within: "7k3m9x2p")), "h1 80 24 within=7k3m9x2p"),
    (.hello(.init(size: size, readOnly: true, within: "a")), "h1 80 24 read-only within=a"),
    (.input(Array("a b\u{3}".utf8)), "ia b\u{3}"), (.repaint, "r"), (.unknown, "?"),
  ])
  func viewerMessages(_ message: ViewerMessage, _ packet: String) throws {
    #expect(String(decoding: message.encoded, as: UTF8.self) == packet)
    #expect(try ViewerMessage(Array(packet.utf8)) == message)
  }

  @Test func rawBytesStayAsTheyAre() throws {
    let bytes = (0..<TerminalProtocol.maximumData).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try TerminalMessage(TerminalMessage.output(bytes).encoded) == .output(bytes))
    #expect(try ViewerMessage(ViewerMessage.input(bytes).encoded) == .input(bytes))
    #expect(TerminalMessage.output(bytes).encoded.count == TerminalProtocol.maximumMessage)
  }

  @Test func whatALaterVersionAddsIsIgnored() throws {
    let looking = ViewerMessage.hello(.init(size: Self.size, readOnly: true))
    #expect(try ViewerMessage(Array("h1 80 24 sixel read-only".utf8)) == looking)
    #expect(try ViewerMessage(Array("h1 80 24 read-only within= within=\u{1B}[c".utf8)) == looking)
    #expect(try TerminalMessage(Array("w7k3m9x2p \u{1B}[c".utf8)) == .places(["7k3m9x2p"]))
    #expect(try TerminalMessage(Array("h1 and more".utf8)) == .hello(version: 1))
    #expect(try TerminalMessage(Array("z".utf8)) == .unknown)
    #expect(try TerminalMessage([]) == .unknown)
  }

  @Test(arguments: ["h", "h1", "h1 80", "hx 80 24", "h1 80 -1", "h1  80 24", "s0 0", "s80", "s1000000000000 1"])
  func whatBreaksTheProtocolIsAnError(_ packet: String) {
    #expect(throws: TerminalProtocolError.self) { try ViewerMessage(Array(packet.utf8)) }
  }

  @Test(arguments: ["h", "hone", "r-1", "x", "x exit"])
  func whatBreaksTheProtocolForAViewerIsAnError(_ packet: String) {
    #expect(throws: TerminalProtocolError.self) { try TerminalMessage(Array(packet.utf8)) }
  }

  @Test func sidesAreBounded() {
    #expect(TerminalSize(columns: 5000, rows: 1) == TerminalSize(columns: 4096, rows: 1))
    #expect(TerminalSize(columns: 0, rows: 1) == nil)
  }

  @Test func textIsBounded() throws {
    let long = String(repeating: "ä", count: 1000)
    #expect(TerminalMessage.refused(long).encoded.count <= 1 + TerminalProtocol.maximumText)
    let half = TerminalProtocol.maximumText / 2
    #expect(try TerminalMessage([UInt8(ascii: "e")] + long.utf8) == .refused(String(repeating: "ä", count: half)))
  }
}
