// SPDX-License-Identifier: Apache-2.0

/// What an ``ICEAgent`` wants done, or has to tell. Effects are carried out in their order.
public enum ICEEffect: Sendable, Equatable {
  /// From the agent's own address.
  case send([UInt8], to: TransportAddress)
  /// ``ICEAgent/description`` can be told to the far end.
  case gathered
  /// Media may take this path, and no other one.
  case selected(ICEPath)
  /// ``ICEAgent/memory`` has changed. It comes before the effects that belong to it.
  case remembered
  /// Nothing has been found. A path that is selected stays so.
  case failed(ICEFailure)
  /// The far end has not agreed to media on the selected path for 30 s (RFC 7675), or the relay is gone. Media must
  /// stop. A restart may help.
  case lost
}
