// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

/// The rows of an account, the interface and the manual pages have the same settings.
@Suite struct AccountRowsTests {
  @Test func theInterfaceHasThem() throws {
    let lines = try ProjectFiles.text("packaging/dbus-1/org.ongoingcall.Calls1.xml").split(separator: "\n")
    let list = lines.drop { !$0.contains("A SIP account says who") }.prefix { !$0.contains("-->") }
    var documented: [String: String] = [:]
    for line in list where line.hasPrefix("    ") && !line.hasPrefix("     ") {
      let words = line.split(separator: " ")
      documented[String(words[0])] = String(words[1])
    }
    #expect(documented == Dictionary(uniqueKeysWithValues: Account.table.rows.map { ($0.name, $0.type) }))
  }

  @Test func thePageHasTheirKeysAndDefaults() throws {
    let page = try ProjectFiles.text("packaging/man/ongoingcall-accounts.5").split(separator: "\n")
    let items = page.drop { $0 != ".Sh THE SECTION [Account]" }.dropFirst().prefix { !$0.hasPrefix(".Sh") }
      .filter { $0.hasPrefix(".It Va ") }.map { $0.split(separator: " ").map(String.init) }
    #expect(items.map { $0[2] } == Account.table.rows.map(\.fileKey))
    for item in items where item.count > 5 && item[2] != "Address" {
      let row = try #require(Account.table.rows.first { $0.fileKey == item[2] })
      let text = "[Account]\nAddress=sip:me@example.org\n\(item[2])=\(item.last ?? "")\n"
      let account = try #require(Account.read(Array(text.utf8)).account)
      #expect(row.text(of: account) == nil, "\(item[2])=\(item.last ?? "") is the default")
    }
  }

  @Test(arguments: ["account add", "account edit"])
  func theManualHasTheirOptions(_ verb: String) throws {
    let section = try ProjectFiles.text("packaging/man/ongoingcallctl.1").split(separator: "\n")
      .drop { $0 != ".Ss \(verb)" }.dropFirst().prefix { !$0.hasPrefix(".Ss") && !$0.hasPrefix(".Sh") }
    let options = Set(
      section.filter { $0.hasPrefix(".It Fl ") }.flatMap { line in
        line.split(separator: " ").filter { $0.hasPrefix("-") && !$0.hasPrefix("-no-") }.map { "-" + $0 }
      })
    var rows = Set(Account.table.rows.map(\.toolName).filter { $0.hasPrefix("--") })
    if verb == "account edit" { rows.insert("--address") }
    #expect(options == rows)
  }
}
