// SPDX-License-Identifier: Apache-2.0

/// What the window shows at one time.
package struct WindowPicture: Sendable, Equatable {
  package struct Row: Sendable, Equatable {
    package var id: String
    package var title: String
    package var subtitle: String
  }

  package struct AccountChoice: Sendable, Equatable {
    /// As `Launch` takes it: nil is the default account, and "" none.
    package var id: String?
    package var text: String
  }

  /// Why the rest may be out of date.
  package var trouble: String?
  package var rows: [Row] = []
  /// Empty where there is nothing to choose.
  package var accounts: [AccountChoice] = []
  /// The chosen call, or the only one.
  package var page: CallPage?
  /// What is there in place of a call.
  package var emptyTitle = ""
  package var emptyText = ""
  /// Whether something of it changes by itself.
  package var ticks = false
}

/// What the window shows of one call.
package struct CallPage: Sendable, Equatable {
  package var id: String
  package var who: String
  /// The address, where `who` is not it.
  package var address: String?
  package var state: String
  /// Why it ended, or to whom it is connected.
  package var remark: String?
  package var request: TransferRequest?
  package var sound: String?
  package var encryption: String?
  package var program: String?
  package var process: String?
  /// nil where the call has ended.
  package var controls: Controls?

  /// The far end asks the user to call somebody else.
  package struct TransferRequest: Sendable, Equatable {
    package var address: String
    /// The question.
    package var text: String
  }

  package struct Controls: Sendable, Equatable {
    /// What the buttons would do; nil where the call has no such button.
    package var muting: Switch?
    package var holding: Switch?
    package var sendsDigits: Bool?
    package var opensTerminal: Bool
    /// It is being hung up.
    package var isLeaving: Bool
  }

  /// Set, never toggled: what is on is what the user saw when the button was pressed.
  package struct Switch: Sendable, Equatable {
    package var isOn: Bool
    package var label: String
  }
}
