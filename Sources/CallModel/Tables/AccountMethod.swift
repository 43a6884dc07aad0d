// SPDX-License-Identifier: Apache-2.0

extension BusInterface {
  package static let account = BusInterface(
    BusName.accountInterface, methods: AccountMethod.allCases.map(\.row),
    properties: AccountInfo.properties.map(\.kind))
}

/// The methods of an account.
package enum AccountMethod: String, Sendable, CaseIterable {
  case edit = "Edit"
  case enable = "Enable"
  case disable = "Disable"
  case remove = "Remove"
  case setPassword = "SetPassword"
  case test = "Test"

  package var row: BusMethod {
    switch self {
    case .edit: BusMethod(rawValue, for: Self.callers, takes: [.init("settings", "a{sv}")])
    case .setPassword: BusMethod(rawValue, for: Self.callers, takes: [.init("password", "h")])
    case .test: BusMethod(rawValue, for: Self.callers, gives: [.init("steps", "a(sbs)")])
    case .enable, .disable, .remove: BusMethod(rawValue, for: Self.callers)
    }
  }

  static let callers = BusMethod.Callers.unconfined(because: Account.areTheUsers)
}
