// SPDX-License-Identifier: Apache-2.0
public import Glibc

/// The result of a system call, which is made again where a signal interrupts it (EINTR).
@inlinable
public func retryOnInterrupt<Value: SignedInteger>(_ call: () -> Value) -> Value {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
