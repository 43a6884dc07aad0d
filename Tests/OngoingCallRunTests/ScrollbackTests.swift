// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ongoingcall_run

struct ScrollbackTests {
  @Test func keepsTheLastBytesHoweverTheyCome() {
    let printed = (0..<100).map { UInt8($0) }
    for capacity in [1, 7, 10, 99, 100, 101] {
      for piece in [1, 3, 7, 10, 11, 50, 100] {
        var scrollback = Scrollback(capacity: capacity)
        var rest = printed[...]
        while !rest.isEmpty {
          Array(rest.prefix(piece)).withUnsafeBytes { scrollback.append($0) }
          rest = rest.dropFirst(piece)
          let seen = printed[..<rest.startIndex]
          #expect(
            scrollback[scrollback.start..<scrollback.end] == Array(seen.suffix(capacity)),
            "capacity \(capacity), pieces of \(piece)")
        }
      }
    }
  }

  @Test func beginsEmpty() {
    var scrollback = Scrollback()
    #expect(scrollback.end == 0)
    scrollback.append(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(scrollback.start == 0 && scrollback.end == 0)
  }
}
