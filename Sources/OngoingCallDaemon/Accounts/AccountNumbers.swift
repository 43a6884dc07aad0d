// SPDX-License-Identifier: Apache-2.0
import CallModel

/// A number for each account. Accounts have ids that are made of addresses; what everybody on the bus can hear of them,
/// and what applications in sandboxes see, has their numbers.
struct AccountNumbers: Codable, Equatable, Sendable {
  private var numbers: [String: Int] = [:]
  private var last = 0

  subscript(id: AccountID) -> Int? { numbers[id.description] }

  /// Gives numbers to those that have none. An account whose file comes back has the one that it had; a number is never
  /// another account's.
  mutating func add(_ ids: some Sequence<AccountID>, atMost limit: Int = Limit.accountNumbers) {
    let ids = ids.map(\.description)
    for id in ids where numbers[id] == nil {
      last += 1
      numbers[id] = last
    }
    if numbers.count > limit { numbers = numbers.filter { ids.contains($0.key) } }
  }
}

extension AccountID {
  /// An account's number as an element of a path; no id is like it.
  static func shown(_ number: Int) -> String { "_\(number)" }
}
