;; A network filter that does nothing, for the price of being called.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  ;; The host writes the configuration and the like here; nobody reads it.
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_context_create") (param $context i32) (param $parent i32))
  (func (export "proxy_on_vm_start") (param $context i32) (param $size i32) (result i32) (i32.const 1))
  (func (export "proxy_on_configure") (param $context i32) (param $size i32) (result i32) (i32.const 1))
  ;; 0: Continue
  (func (export "proxy_on_new_connection") (param $context i32) (result i32) (i32.const 0))
  (func (export "proxy_on_downstream_data") (param $context i32) (param $size i32) (param $end i32) (result i32) (i32.const 0))
  (func (export "proxy_on_upstream_data") (param $context i32) (param $size i32) (param $end i32) (result i32) (i32.const 0))
  (func (export "proxy_on_downstream_connection_close") (param $context i32) (param $peer i32))
  (func (export "proxy_on_upstream_connection_close") (param $context i32) (param $peer i32))
  (func (export "proxy_on_done") (param $context i32) (result i32) (i32.const 1))
  (func (export "proxy_on_log") (param $context i32))
  (func (export "proxy_on_delete") (param $context i32)))
