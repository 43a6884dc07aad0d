// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// One descriptor that is kept from all other use, for what must not fail where no other is free.
@EventLoopActor
public enum SpareDescriptor {
  private static var descriptor: Int32 = -1

  /// Takes it. To be done while there are descriptors.
  public static func hold() {
    if descriptor < 0 { descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC) }
  }

  /// Lends it to `body`, which opens no more than one descriptor at a time, and closes it.
  public static func use<T, E>(_ body: () throws(E) -> T) throws(E) -> T {
    guard descriptor >= 0 else { return try body() }
    close(descriptor)
    descriptor = -1
    defer { hold() }
    return try body()
  }
}
