// SPDX-License-Identifier: Apache-2.0
#if SIP
  /// The order in which a domain wants its servers to be tried.
  enum ServiceOrder {
    /// By priority; among equal ones at random by weight (RFC 2782).
    static func sorted(_ records: [NameServers.Record]) -> [NameServers.Record] {
      var random = SystemRandomNumberGenerator()
      return sorted(records, using: &random)
    }

    static func sorted(
      _ records: [NameServers.Record], using random: inout some RandomNumberGenerator
    ) -> [NameServers.Record] {
      var result: [NameServers.Record] = []
      for priority in Set(records.map(\.order)).sorted() {
        // Those without weight come first, so that they have a small chance.
        var rest = records.filter { $0.order == priority }.sorted { $0.weight < $1.weight }
        while !rest.isEmpty {
          var drawn = Int.random(in: 0...rest.reduce(0) { $0 + Int($1.weight) }, using: &random)
          let index = rest.firstIndex { record in
            drawn -= Int(record.weight)
            return drawn <= 0
          }
          result.append(rest.remove(at: index ?? rest.endIndex - 1))
        }
      }
      return result
    }
  }
#endif
