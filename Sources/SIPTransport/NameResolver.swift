// SPDX-License-Identifier: Apache-2.0
#if SIP
  public import SIPDialogs

  /// Finds where a SIP address leads (RFC 3263): hosts file, NAPTR, SRV, A and AAAA, without waiting for one where the
  /// other has answered.
  public final class NameResolver {
    private let loop: SIPLoop

    public init(loop: SIPLoop) { self.loop = loop }

    /// Keep what is returned until the handler is called, once and not from within this; let go of it to give up.
    /// `transport` is what is wished where the address does not say. The targets are in the order to try them in.
    public func resolve(
      _ uri: SIPURI, transport: Target.Transport? = nil, handler: @escaping (Result<[Target], NameError>) -> Void
    ) -> NameLookup {
      NameLookup(loop, uri, transport, handler)
    }
  }
#endif
