// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

extension AccountInfo {
  /// As programs read it. Keys are only ever added; they have the names of the API, and its values.
  var json: JSON {
    .object(
      Self.properties.compactMap { property in
        property.json.map { JSON.Member(key: $0, value: JSON(property.row.show(self))) }
      })
  }

  var shownState: String { state.isEmpty ? "unknown" : shown(state, limit: 20) }

  /// What state it is in, for the eye.
  private func bullet(_ style: TextStyle) -> String {
    switch AccountState(rawValue: state) {
    case .ready, .registered: style.good("●")
    case .registering: "●"
    case .disabled: "○"
    default: style.bad("●")
    }
  }

  /// At one glance, on several lines.
  func block(_ style: TextStyle) -> String {
    var lines = ["\(bullet(style)) \(shown(id)) \(style.bold(shown(identity, limit: 80)))"]
    func add(_ label: String, _ value: String) {
      lines.append(String(repeating: " ", count: max(0, 14 - label.count)) + label + ": " + value)
    }
    add("State", style.bold(shownState) + (isDefault ? ", default account" : ""))
    if registeredUntil != 0 { add("Registered", "until " + HumanTime.local(microseconds: registeredUntil)) }
    if !lastError.isEmpty { add("Problem", shown(lastError, limit: 1000)) }
    // As in its file. What is above is not said twice.
    for row in Account.table.rows where row.name != AccountKey.enabled && row.name != AccountKey.default {
      if let text = row.text(of: settings) { add(row.fileKey, shown(text)) }
    }
    return lines.joined(separator: "\n")
  }

  /// - Parameter columns: how wide it may be, nil for any.
  static func table(_ accounts: [AccountInfo], _ style: TextStyle, columns: Int?) -> String {
    TextTable(
      header: ["", "ID", "STATE", "IDENTITY"],
      rows: accounts.map { account in
        let what = [account.identity, account.lastError, account.label].first { !$0.isEmpty } ?? ""
        return [account.isDefault ? "*" : " ", shown(account.id), account.shownState, shown(what)]
      }
    ).text(style, columns: columns)
  }
}
