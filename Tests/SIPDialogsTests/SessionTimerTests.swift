// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SIPDialogs

struct SessionTimerTests {
  /// By an answer with this Session-Expires.
  private func timer(_ value: String?) -> SessionTimer {
    var (timer, response) = (SessionTimer(), SIPMessage(status: 200, phrase: "OK", headers: []))
    response["Session-Expires"] = value
    timer.begin(by: response)
    return timer
  }

  @Test(
    arguments: [
      // Half of it where this end refreshes; else shortly before it has passed.
      ("1800;refresher=uac", 900_000), ("1800", 900_000), ("1800;refresher=uas", 1_768_000),
      ("90;refresher=uas", 60_000), ("10;refresher=uas", 60_000), ("100000;refresher=uac", 43_200_000), (nil, nil),
    ] as [(String?, Int64?)])
  func thisEndSaysSomethingInTime(value: String?, wait: Int64?) {
    #expect(timer(value).wait == wait)
  }

  @Test(
    arguments: [(1801, true), (86_400, true), (1800, false), (90, false), (86_401, false), (.max, false), (nil, false)]
      as [(UInt32?, Bool)])
  func aLongerOneIsTakenWhereItCanBe(least: UInt32?, isTaken: Bool) {
    var timer = timer("1800")
    #expect(timer.raise(to: least) == isTaken)
    #expect(timer.interval == (isTaken ? least.map(Int64.init) : 1800))
  }

  @Test func withoutOneThereIsNothingToRaise() {
    var timer = timer(nil)
    #expect(timer.raise(to: 1800) == false)
    #expect(timer.interval == nil)
  }
}
