// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs
  import SIPTransport

  /// The unanswered requests, by the numbers that the call uses for them.
  struct Transactions {
    private struct Entry {
      var transaction: ServerTransaction
      var isOfStranger: Bool
    }

    private var open: [Int: Entry] = [:]
    private var last = 0

    mutating func add(_ transaction: ServerTransaction, isOfStranger: Bool) -> Int {
      last += 1
      open[last] = Entry(transaction: transaction, isOfStranger: isOfStranger)
      return last
    }

    /// Keep nothing for strangers, however much they send.
    mutating func answer(_ number: Int, _ response: SIPMessage) {
      guard let entry = open.removeValue(forKey: number) else { return }
      if entry.isOfStranger { entry.transaction.refuse(response) } else { entry.transaction.respond(response) }
    }

    mutating func ignore(_ number: Int) { open.removeValue(forKey: number)?.transaction.ignore() }
  }
#endif
