// SPDX-License-Identifier: Apache-2.0
import Foundation
import OngoingCallTestSupport
import Testing

@testable import OngoingCallDaemon

/// What is read of dconf's files. (`test_do_not_disturb.py` has the real library write them.)
struct DesktopSettingsTests {
  private static let folder = "/org/gnome/desktop/notifications/"
  private static let own = folder + "application/org-ongoingcall-ongoingcall/"
  /// As dconf 0.40 has written it: no banners, and nothing of this application, whose banners are left on.
  private static let written = Array(
    Data(
      base64Encoded: """
        R1ZhcmlhbnQAAAAAAAAAABgAAABUAQAAAAAAKAsAAAAAAAAAAwAAAAMAAAAEAAAABgAAAAcAAAAIAAAACgAAAAoAAAALAAAACwAAALmI/doDAAAA
        VAEAAAgATABcAQAAYAEAANmCtRwJAAAAYAEAAAwAdgBwAQAAcwEAAB5wMvYIAAAAcwEAAA4AdgCIAQAArgEAALC3JDAHAAAArgEAAAYATAC0AQAA
        uAEAANS1AgD/////uAEAAAEATAC8AQAAwAEAABeLyo8IAAAAwAEAAAYAdgDIAQAAywEAAEcy1bsIAAAAywEAAAwAdgDYAQAA2wEAAEtQkAsEAAAA
        2wEAAAQATADgAQAA5AEAADC4HvMKAAAA5AEAABwATAAAAgAADAIAAMIdjIUAAAAADAIAAA4ATAAcAgAAJAIAAIVyAoYJAAAAJAIAAAwATAAwAgAA
        NAIAAGRlc2t0b3AvCQAAAHNob3ctYmFubmVycwAAAAAAAGJhcHBsaWNhdGlvbi1pZAAAAAAAAABvcmcub25nb2luZ2NhbGwuT25nb2luZ0NhbGwu
        ZGVza3RvcAAAc2dub21lLwAAAAAvAAAABwAAAGVuYWJsZQAAAABic2hvdy1iYW5uZXJzAAEAYm9yZy8AAwAAAG9yZy1vbmdvaW5nY2FsbC1vbmdv
        aW5nY2FsbC8CAAAABQAAAAYAAABub3RpZmljYXRpb25zLwAACgAAAAEAAABhcHBsaWNhdGlvbi8IAAAA
        """, options: .ignoreUnknownCharacters) ?? Data())

  private let home = TemporaryFolder()
  private let system = TemporaryFolder()
  private let keys =
    ["\(folder)show-banners"] + ["enable", "show-banners", "application-id", "none"].map { own + $0 }

  init() {
    home.makeFolder("dconf")
    for name in ["db", "profile"] { system.makeFolder(name) }
  }

  private func flags() -> [String: Bool] { DesktopSettings(home: home.path, system: system.path).flags(keys) }

  @Test func flagsThatAreSetAreFound() {
    #expect(flags() == [:])
    home.write(Self.written, to: "dconf/user")
    #expect(flags() == [keys[0]: false, keys[1]: false, keys[2]: true])
  }

  @Test func theMachinesAreReadWhereItsProfileSaysSo() {
    system.write(Self.written, to: "db/site")
    #expect(flags() == [:])
    system.write(
      "# Ours.\nuser-db:user\nsystem-db:site\nsystem-db:../db/site\nservice-db:keyfile/user\n", to: "profile/user")
    #expect(flags().count == 3)
    home.write(Self.written, to: "dconf/user")
    #expect(flags().count == 3)
  }

  /// Whatever is there in its place is read without a crash, and no flag comes out of what is none.
  @Test func aSpoiledFileSaysNothingOrLess() {
    let whole = Self.written
    var chance = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &chance) {
        bytes[Int.random(in: 8..<bytes.count, using: &chance)] = UInt8.random(in: 0...255, using: &chance)
      }
      let database = SettingsDatabase(bytes)
      #expect(database?.flag(keys[4]) == nil)
      for key in keys { _ = database?.flag(key) }
    }
    for count in 0..<whole.count { _ = SettingsDatabase(Array(whole.prefix(count)))?.flag(keys[0]) }
    #expect(SettingsDatabase(Array(whole.prefix(100))) == nil)
    // An item that is its own parent.
    var circle = whole
    let item = 24 + 8 + 4 * 11 + 24
    circle.replaceSubrange(item + 4..<item + 8, with: [1, 0, 0, 0])
    #expect(SettingsDatabase(circle)?.flag(keys[0]) == nil)
  }
}
