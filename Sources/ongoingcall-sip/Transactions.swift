// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPTransport

  /// The far end's requests that are not answered yet, by the numbers that the call knows them by.
  struct Transactions {
    private var open: [Int: ServerTransaction] = [:]
    private var last = 0

    mutating func add(_ transaction: ServerTransaction) -> Int {
      last += 1
      open[last] = transaction
      return last
    }

    mutating func take(_ number: Int) -> ServerTransaction? { open.removeValue(forKey: number) }
  }
#endif
