// SPDX-License-Identifier: Apache-2.0
package import CallModel

private func toAccount(_ id: String, _ method: AccountMethod, _ arguments: BusValue...) -> BusCall {
  var call = BusCall(
    to: BusName.service, path: BusName.accountPath(id), interface: BusName.accountInterface, member: method.rawValue)
  call.arguments = arguments
  return call
}

extension Question<[AccountInfo]> {
  /// All accounts, in the order of their ids.
  package static var accounts: Self {
    Self(getObjects()) { answer throws(CallsError) in
      let accounts = try objects(answer, with: BusName.accountInterface).compactMap { path, properties in
        BusName.account(at: path).map { AccountInfo(id: $0, properties: properties) }
      }
      return accounts.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }
  }
}

extension Question<AccountInfo> {
  package static func account(_ id: String) -> Self {
    let path = BusName.accountPath(id)
    return Self(getProperties(of: BusName.accountInterface, at: path)) { answer throws(CallsError) in
      AccountInfo(id: id, properties: try propertyValues(answer))
    }
  }
}

extension Question<String> {
  /// Adds an account and returns the last element of its path. Sent once at most: the second would be another account.
  package static func addAccount(_ account: Account) -> Self {
    var question = Self(toManager(.addAccount, account.encoded)) { answer throws(CallsError) in
      guard let element = answer.first?.asObjectPath.flatMap(BusName.account(at:)) else {
        throw .unexpectedReply(what: ManagerMethod.addAccount.rawValue, expected: "an account's object path")
      }
      return element
    }
    question.isRepeatable = false
    return question
  }
}

extension Question<[AccountFinding]> {
  /// Tries an account at its servers, and returns what was found, step by step.
  package static func testAccount(_ id: String) -> Self {
    var question = Self(toAccount(id, .test), within: AnswerTime.test) { answer throws(CallsError) in
      guard case .array(let elements, of: "(sbs)")? = answer.first else {
        throw .unexpectedReply(what: AccountMethod.test.rawValue, expected: "steps")
      }
      return elements.compactMap(AccountFinding.init)
    }
    question.isRepeatable = false
    return question
  }
}

extension Question<Void> {
  /// Changes the settings that are given; an empty text is the default.
  package static func editAccount(_ settings: [String: BusValue], _ id: String) -> Self {
    tell(toAccount(id, .edit, .dictionary(settings)))
  }

  package static func enableAccount(_ isEnabled: Bool, _ id: String) -> Self {
    tell(toAccount(id, isEnabled ? .enable : .disable))
  }

  /// Sent once at most: what was read from the descriptor cannot be read again.
  ///
  /// - Parameter password: from which the daemon reads it, up to the end or a line break.
  package static func setPassword(_ password: BusDescriptor, _ id: String) -> Self {
    // The user may be asked to unlock the keyring.
    var question = tell(toAccount(id, .setPassword, .descriptor(password)), within: AnswerTime.abort)
    question.isRepeatable = false
    return question
  }

  /// Takes an account away. Where the daemon died after it did so and before it said so, it is asked again, and there is
  /// no such account any more.
  package static func removeAccount(_ id: String) -> Self {
    tell(toAccount(id, .remove), within: AnswerTime.abort)
  }
}

// MARK: - Of suggested calls

/// What the user has said about a call that was suggested.
package struct CallOfferAnswer: Sendable, Equatable {
  /// `called`, `declined` or `timed-out`, or what a later daemon has.
  package var word: String
  /// The session that was launched.
  package var session: String?
}

extension Question<CallOfferAnswer> {
  /// Has the user asked whether to call. Sent once at most: the user is not to be asked twice.
  ///
  /// - Parameters:
  ///   - link: whom to call.
  ///   - account: nil is the default account, and "" none.
  package static func offerCall(_ link: String, account: String?) -> Self {
    var options: [String: BusValue] = [:]
    options[LaunchOption.account] = account.map(BusValue.string)
    let call = toManager(.offerCall, .string(link), .dictionary(options))
    var question = Self(call, within: AnswerTime.offer) { answer throws(CallsError) in
      guard answer.count == 2, let path = answer[0].asObjectPath, let word = answer[1].asString else {
        throw .unexpectedReply(what: ManagerMethod.offerCall.rawValue, expected: "an object path and a word")
      }
      return CallOfferAnswer(word: word, session: BusName.session(at: path))
    }
    question.isRepeatable = false
    return question
  }
}
