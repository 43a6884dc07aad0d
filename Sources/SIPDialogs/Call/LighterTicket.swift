// SPDX-License-Identifier: Apache-2.0
internal import NATTraversal

/// A ticket has a limit, and others choose much of what is in it. Whatever they choose, the call must outlive its
/// process: what it needs least goes first.
extension CallTicket {
  /// The ticket, or as much of it as is not longer than `limit`.
  ///
  /// - Parameter length: of the text that is made of a ticket.
  public func fitting(_ limit: Int, length: (CallTicket) -> Int) -> CallTicket {
    var ticket = self
    for ballast in Ballast.order where length(ticket) > limit { ticket.drop(ballast) }
    return ticket
  }

  private enum Ballast {
    case leftovers, credentials, challenges, connectedTo, redirect, parameters, texts, ways, incomingTransfer, goodbye
    case otherTransfers, otherMedia, otherAttempts, connectivity, plan, lastGoodbye, asked

    static let order: [Self] =
      [.leftovers, .credentials, .challenges, .connectedTo, .redirect, .parameters, .texts, .ways, .incomingTransfer]
      + Array(repeating: .goodbye, count: CallTicket.mostGoodbyes - 1) + [
        .otherTransfers, .otherMedia, .otherAttempts, .connectivity, .plan, .lastGoodbye, .asked,
      ]
  }

  private mutating func drop(_ ballast: Ballast) {
    switch ballast {
    case .leftovers: forgetLeftovers()
    case .credentials: forgetCredentials()
    // The first requests of a successor are challenged.
    case .challenges: authentication?.realms = []
    case .connectedTo: connectedTo = nil
    // The INVITE has it.
    case .redirect: if !attempts.isEmpty { redirected = nil }
    // A successor with a dialog makes another offer.
    case .parameters: forgetParameters()
    case .texts: offers?.forgetText()
    case .ways:
      // The plan has the same.
      offers?.forgetWays()
      // The way that the sound takes is known.
      if connectivity?.hasPath == true { plan?.ice?.candidates = [] }
    case .incomingTransfer: transfers?.incoming = nil
    // The first one is the call's, if that is over.
    case .goodbye: if goodbyes.count > 1 { goodbyes.removeLast() }
    case .otherTransfers:
      transfers?.outgoing = nil
      transfers?.done = nil
    case .otherMedia: offers?.shortenOthers()
    case .otherAttempts: forgetAttempts()
    // A successor looks for a way again.
    case .connectivity: connectivity = nil
    case .plan: plan = nil
    // Of a fork. Its far end hears no BYE, but the call is more.
    case .lastGoodbye: if farewell == nil { goodbyes = [] }
    // Servers that ask are refused from then on.
    case .asked: authentication?.asked = []
    }
  }

  /// A call that is over has no sound.
  private mutating func forgetLeftovers() {
    guard farewell != nil else { return }
    (offers, plan, handshakeKeys, connectivity, transfers) = (nil, nil, nil, nil, nil)
  }

  /// Whoever has got an INVITE knows its repetition by its branch (RFC 3261, 17.2.3).
  private mutating func forgetCredentials() {
    authentication?.invites = []
    for index in attempts.indices {
      guard var invite = try? SIPMessage(Array(attempts[index].invite.utf8)) else { continue }
      invite.removeCredentials()
      attempts[index].invite = invite.bytes.text
    }
  }

  private mutating func forgetParameters() {
    plan?.forgetParameters()
    offers?.forgetParameters()
  }

  /// All but the one that a successor goes on with.
  private mutating func forgetAttempts() {
    let wanted = attempts.filter { !$0.isCancelled }
    attempts = [wanted.first { $0.hasProvisional } ?? wanted.first ?? attempts.first].compactMap { $0 }
  }
}

extension OfferAnswer {
  /// In bytes as the ticket has them, of each word of a refused line.
  private static let longestWord = 12

  mutating func forgetText() {
    // The next one may differ from it.
    if lastText != nil { version &+= 1 }
    lastText = nil
  }

  fileprivate mutating func forgetWays() { plan?.ice = nil }

  fileprivate mutating func forgetParameters() {
    plan?.forgetParameters()
    for index in offer?.codecs.indices ?? 0..<0 { offer?.codecs[index].parameters = "" }
  }

  fileprivate mutating func shortenOthers() {
    func short(_ word: String) -> String {
      var length = 0
      let bytes = word.utf8.prefix { byte in
        length += byte.isOne(of: "\"\\") ? 2 : 1
        return length <= Self.longestWord
      }
      return ArraySlice(Array(bytes)).text
    }
    others = others.map { OtherMedia(type: short($0.type), transport: short($0.transport), format: short($0.format)) }
  }
}

extension MediaPlan {
  fileprivate mutating func forgetParameters() {
    codec.parameters = ""
    digits?.parameters = OfferAnswer.digitParameters
    comfortNoise?.parameters = ""
    for index in accepted.indices { accepted[index].parameters = "" }
  }
}
