#if SIP
import SIPDialogs
public struct Unresolved: Error, CustomStringConvertible { public var description: String }
public final class NameResolver {
  let loop: EventLoop
  public init(loop: EventLoop) throws(TransportError) { self.loop = loop }
  public func resolve(_ uri: SIPURI, transport: Target.Transport?, handler: @escaping (Result<[Target], Unresolved>) -> Void) {
    let t = uri.transport.flatMap(Target.Transport.init(rawValue:)) ?? transport ?? (uri.scheme == .sips ? .tls : .udp)
    if NumericAddress(uri.host) == nil { return handler(.failure(Unresolved(description: "no names yet"))) }
    handler(.success([Target(t, uri.host, uri.port ?? t.defaultPort)]))
  }
}
#endif
