// SPDX-License-Identifier: Apache-2.0
import SIPDialogs
import Testing

@Suite struct MultipartBodyTests {
  static let sdp = "v=0\r\ns=-\r\n"

  static func message(_ type: String?, _ body: String) -> SIPMessage {
    var message = SIPMessage(status: 200, phrase: "OK", body: Array(body.utf8))
    message["Content-Type"] = type
    return message
  }

  @Test(
    arguments: [
      ("application/sdp", sdp), ("Application/SDP ; charset=x", sdp), (nil, sdp),
      ("multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\n\(sdp)\r\n--b--\r\n"),
      (
        "multipart/mixed;boundary=\"b c;\\\"d\"",
        "preamble\r\n--b c;\"d \t\r\nc: application/sdp\r\n\r\n\(sdp)\r\n--b c;\"d--\r\nepilogue"
      ),
      ("multipart/alternative;boundary=b", "--b\n\ntext\n--bc\n--b\nContent-Type: application/sdp\n\n\(sdp)\n--b--"),
      (
        "multipart/mixed;boundary=b",
        "--b\r\nContent-Type: multipart/related;boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c\r\n"
          + "Content-Type:\r\n application/sdp\r\n\r\n\(sdp)\r\n--c--\r\n--b--\r\n"
      ),
      // The end is missing.
      ("multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\n\(sdp)"),
      (
        "multipart/mixed;boundary=b",
        "--b\nContent-Type: application/sdp\nContent-Transfer-Encoding: base64\n\ndj0w\n--b\n"
          + "Content-Type: application/sdp\nContent-Transfer-Encoding: binary\n\n\(sdp)\n--b--"
      ),
    ] as [(String?, String)])
  func descriptionIsFound(type: String?, body: String) throws {
    let found = try Self.message(type, body).sessionDescription()
    #expect(found.map { String(decoding: $0, as: UTF8.self) } == Self.sdp)
  }

  @Test func noBodyIsNoError() throws {
    #expect(try Self.message("application/sdp", "").sessionDescription() == nil)
  }

  @Test(arguments: [
    ("text/plain", "v=0"), ("multipart/mixed", "--b\n\nx"), ("multipart/mixed;boundary=\"\"", "--\n\nx"),
    ("multipart/mixed;boundary=b", "x"), ("multipart/mixed;boundary=b", "--b--"),
    ("multipart/mixed;boundary=b", "--b"), ("multipart/mixed;boundary=b", "--b\r\n--b--"),
    ("multipart/mixed;boundary=b", "--b\n\nx\n--b--"), ("multipart/mixed;boundary=\"b", "--b\n\nx\n--b--"),
    ("multipart", "x"), ("/", "x"), ("", "x"),
    ("multipart/mixed;boundary=b", String(repeating: "--b\n\n", count: 40)),
    ("multipart/mixed;boundary=\(String(repeating: "b", count: 71))", "x"),
  ])
  func elseItIsRefused(type: String, body: String) {
    #expect(throws: SIPSyntaxError.self) { try Self.message(type, body).sessionDescription() }
  }

  @Test func depthIsBounded() {
    let nested = "--b\nContent-Type: multipart/mixed;boundary=b\n\n"
    #expect(throws: SIPSyntaxError.self) {
      try Self.message("multipart/mixed;boundary=b", String(repeating: nested, count: 500)).sessionDescription()
    }
    var body = "c: application/sdp\n\n\(Self.sdp)"
    for depth in (0..<8).reversed() { body = "c: multipart/mixed;boundary=b\(depth)\n\n--b\(depth)\n\(body)" }
    #expect(throws: SIPSyntaxError.self) {
      try Self.message("multipart/mixed;boundary=x", "--x\n" + body).sessionDescription()
    }
  }
}
