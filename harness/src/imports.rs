//! The host calls of ABI 0.2.1 (import module `env`): arguments out of the module's memory, results
//! into it. What they do is in [`VmState`]; argument order and statuses are those of
//! proxy-wasm-cpp-host's `exports.cc`.

use std::rc::Rc;
use std::time::Duration;

use wasmtime::{Caller, Error, Linker};

use crate::guest::{Guest, Refusal};
use crate::pairs;
use crate::proto::{self, GrpcTarget};
use crate::state::VmState;
use crate::status::Status;
use crate::upstream::{Answer, Call};

macro_rules! host_calls {
    ($($name:ident($guest:ident $(, $argument:ident: $type:ty)*) $body:block)*) => {
        /// The names of all host calls.
        pub const HOST_CALLS: &[&str] = &[$(stringify!($name)),*];

        pub(crate) fn define(linker: &mut Linker<VmState>) -> Result<(), Error> {
            $(linker.func_wrap(
                "env",
                stringify!($name),
                |caller: Caller<'_, VmState> $(, $argument: $type)*| {
                    Guest::run(caller, stringify!($name), |$guest| $body)
                },
            )?;)*
            Ok(())
        }
    };
}

host_calls! {
    proxy_log(guest, level: u32, text: u32, size: u32) {
        let text = guest.read(text, size)?;
        let mut host = guest.state().host.borrow_mut();
        if level > 5 {
            return Err(Refusal::Trap(Error::msg("Envoy panics on a log level above critical")));
        }
        if level >= host.log_level {
            host.log.push((level, String::from_utf8_lossy(&text).into_owned()));
        }
        Ok(())
    }
    proxy_get_log_level(guest, level_at: u32) {
        let level = guest.state().host.borrow().log_level;
        Ok(guest.write(level_at, &level.to_le_bytes())?)
    }
    proxy_get_current_time_nanoseconds(guest, time_at: u32) {
        let now = guest.state().host.borrow().wall();
        Ok(guest.write(time_at, &now.to_le_bytes())?)
    }
    proxy_set_tick_period_milliseconds(guest, period: u32) {
        guest.state().set_tick_period(period);
        Ok(())
    }

    proxy_get_buffer_bytes(guest, kind: u32, start: u32, length: u32, pointer_at: u32, size_at: u32) {
        let bytes = guest.state().read_buffer(kind, start, length)?;
        guest.give(&bytes, pointer_at, size_at)
    }
    proxy_get_buffer_status(guest, kind: u32, length_at: u32, flags_at: u32) {
        let length = guest.state().read_buffer(kind, 0, u32::MAX)?.len() as u32;
        guest.write(length_at, &length.to_le_bytes())?;
        Ok(guest.write(flags_at, &0_u32.to_le_bytes())?)
    }
    proxy_set_buffer_bytes(guest, kind: u32, start: u32, length: u32, bytes: u32, size: u32) {
        let bytes = guest.read(bytes, size)?;
        Ok(guest.state().edit_buffer(kind, start, length, &bytes)?)
    }
    proxy_continue_stream(guest, kind: u32) { Ok(guest.state().continue_stream(kind)?) }
    proxy_close_stream(guest, kind: u32) { Ok(guest.state().close_stream(kind)?) }
    proxy_set_effective_context(guest, context: u32) { Ok(guest.state().set_effective(context)?) }
    proxy_done(guest) {
        let root = guest.state().root_id();
        match guest.state().root_by_id(root) {
            Some(context) if context.waits_for_done => {
                guest.state().after_call.push(crate::context::AfterCall::Done(root));
                Ok(())
            }
            _ => Err(Status::NOT_FOUND.into()),
        }
    }

    proxy_get_property(guest, path: u32, size: u32, value_at: u32, value_size_at: u32) {
        let path = guest.read(path, size)?;
        let value = guest.state().property(&path)?;
        guest.give(&value, value_at, value_size_at)
    }
    proxy_set_property(guest, path: u32, size: u32, value: u32, value_size: u32) {
        let path = guest.read(path, size)?;
        let value = guest.read(value, value_size)?;
        Ok(guest.state().set_property(&path, value)?)
    }
    proxy_call_foreign_function(
        guest, name: u32, size: u32, arguments: u32, arguments_size: u32, results_at: u32, results_size_at: u32
    ) {
        let name = guest.read(name, size)?;
        let arguments = guest.read(arguments, arguments_size)?;
        let outcome = guest.state().call_foreign(&name, &arguments);
        if outcome != Err(Status::NOT_FOUND) {
            guest.give(&[], results_at, results_size_at)?;
        }
        Ok(outcome?)
    }

    proxy_define_metric(guest, kind: u32, name: u32, size: u32, id_at: u32) {
        let name = String::from_utf8_lossy(&guest.read(name, size)?).into_owned();
        let host = Rc::clone(&guest.state().host);
        let id = guest.state().metric_ids.define(&mut host.borrow_mut().metrics, kind, name)?;
        Ok(guest.write(id_at, &id.to_le_bytes())?)
    }
    proxy_increment_metric(guest, id: u32, offset: i64) {
        let host = Rc::clone(&guest.state().host);
        Ok(guest.state().metric_ids.increment(&mut host.borrow_mut().metrics, id, offset)?)
    }
    proxy_record_metric(guest, id: u32, value: u64) {
        let host = Rc::clone(&guest.state().host);
        Ok(guest.state().metric_ids.record(&mut host.borrow_mut().metrics, id, value)?)
    }
    proxy_get_metric(guest, id: u32, value_at: u32) {
        let host = Rc::clone(&guest.state().host);
        let value = guest.state().metric_ids.get(&mut host.borrow_mut().metrics, id)?;
        Ok(guest.write(value_at, &value.to_le_bytes())?)
    }

    proxy_get_shared_data(guest, key: u32, size: u32, value_at: u32, value_size_at: u32, cas_at: u32) {
        let key = guest.read(key, size)?;
        let state = guest.state();
        let (value, cas) = state.host.borrow().shared_data.get(&state.vm_id, &key)?;
        guest.give(&value, value_at, value_size_at)?;
        Ok(guest.write(cas_at, &cas.to_le_bytes())?)
    }
    proxy_set_shared_data(guest, key: u32, size: u32, value: u32, value_size: u32, cas: u32) {
        let key = guest.read(key, size)?;
        let value = guest.read(value, value_size)?;
        let state = guest.state();
        Ok(state.host.borrow_mut().shared_data.set(&state.vm_id, &key, &value, cas)?)
    }
    proxy_register_shared_queue(guest, name: u32, size: u32, id_at: u32) {
        let name = guest.read(name, size)?;
        let state = guest.state();
        let registrant = state.registrant();
        let id = state.host.borrow_mut().queues.register(&state.vm_id, &name, registrant);
        Ok(guest.write(id_at, &id.to_le_bytes())?)
    }
    proxy_resolve_shared_queue(guest, vm_id: u32, vm_id_size: u32, name: u32, size: u32, id_at: u32) {
        let vm_id = guest.read(vm_id, vm_id_size)?;
        let name = guest.read(name, size)?;
        let vm_id = String::from_utf8_lossy(&vm_id);
        let id = guest.state().host.borrow().queues.resolve(&vm_id, &name)?;
        Ok(guest.write(id_at, &id.to_le_bytes())?)
    }
    proxy_enqueue_shared_queue(guest, id: u32, item: u32, size: u32) {
        let item = guest.read(item, size)?;
        let mut host = guest.state().host.borrow_mut();
        let registrant = host.queues.enqueue(id, item)?;
        host.wakes.push_back((registrant, id));
        Ok(())
    }
    proxy_dequeue_shared_queue(guest, id: u32, item_at: u32, size_at: u32) {
        let item = guest.state().host.borrow_mut().queues.dequeue(id)?;
        guest.give(&item, item_at, size_at)
    }

    proxy_grpc_call(
        guest, target: u32, target_size: u32, service: u32, service_size: u32, method: u32, method_size: u32,
        metadata: u32, metadata_size: u32, message: u32, message_size: u32, timeout: u32, token_at: u32
    ) {
        let target = proto::grpc_target(&guest.read(target, target_size)?);
        let service = String::from_utf8_lossy(&guest.read(service, service_size)?).into_owned();
        let method = String::from_utf8_lossy(&guest.read(method, method_size)?).into_owned();
        guest.read(metadata, metadata_size)?;
        let message = guest.read(message, message_size)?;
        if target == GrpcTarget::Unset {
            return Err(Refusal::Trap(Error::msg("Envoy ends in `panic: unset oneof`: a gRPC target without envoy_grpc")));
        }
        let call = Call::Grpc { service, method, message };
        let token = guest.state().grpc_call(&target, call, Duration::from_millis(timeout.into()))?;
        Ok(guest.write(token_at, &token.to_le_bytes())?)
    }
    proxy_grpc_cancel(guest, token: u32) { Ok(guest.state().cancel(token)?) }
    proxy_grpc_close(guest, token: u32) { Ok(guest.state().cancel(token)?) }
    proxy_get_status(guest, code_at: u32, message_at: u32, size_at: u32) {
        let root = guest.state().root_id();
        let (code, message) = guest.state().root_by_id(root).map(|root| root.status.clone()).unwrap_or_default();
        guest.write(code_at, &code.to_le_bytes())?;
        guest.give(message.as_bytes(), message_at, size_at)
    }
    proxy_http_call(
        guest, cluster: u32, cluster_size: u32, headers: u32, headers_size: u32, body: u32, body_size: u32,
        trailers: u32, trailers_size: u32, timeout: u32, token_at: u32
    ) {
        let cluster = String::from_utf8_lossy(&guest.read(cluster, cluster_size)?).into_owned();
        let headers = pairs::parse(&guest.read(headers, headers_size)?).unwrap_or_default();
        let body = guest.read(body, body_size)?;
        guest.read(trailers, trailers_size)?;
        let call = Call::Http { headers, body };
        let token = guest.state().http_call(&cluster, call, Duration::from_millis(timeout.into()))?;
        Ok(guest.write(token_at, &token.to_le_bytes())?)
    }
    proxy_get_header_map_pairs(guest, map: u32, pairs_at: u32, size_at: u32) {
        let pairs = match answer_headers(guest, map)? {
            none if none.is_empty() => Vec::new(),
            some => pairs::write(&some),
        };
        guest.give(&pairs, pairs_at, size_at)
    }
    proxy_get_header_map_value(guest, map: u32, name: u32, size: u32, value_at: u32, value_size_at: u32) {
        let name = guest.read(name, size)?;
        let headers = answer_headers(guest, map)?;
        let value = headers.iter().find(|(key, _)| key.as_bytes() == name).ok_or(Status::NOT_FOUND)?;
        guest.give(value.1.as_bytes(), value_at, value_size_at)
    }
    proxy_get_header_map_size(guest, map: u32, size_at: u32) {
        let headers = answer_headers(guest, map)?;
        let size: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        Ok(guest.write(size_at, &(size as u32).to_le_bytes())?)
    }

    // What only HTTP filters and gRPC streams use: here so that a module that imports it loads.
    proxy_set_header_map_pairs(_guest, _map: u32, _pairs: u32, _size: u32) { Err(Status::UNIMPLEMENTED.into()) }
    proxy_add_header_map_value(_guest, _map: u32, _name: u32, _size: u32, _value: u32, _value_size: u32) {
        Err(Status::UNIMPLEMENTED.into())
    }
    proxy_replace_header_map_value(_guest, _map: u32, _name: u32, _size: u32, _value: u32, _value_size: u32) {
        Err(Status::UNIMPLEMENTED.into())
    }
    proxy_remove_header_map_value(_guest, _map: u32, _name: u32, _size: u32) { Err(Status::UNIMPLEMENTED.into()) }
    proxy_send_local_response(
        _guest, _code: u32, _details: u32, _details_size: u32, _body: u32, _body_size: u32, _headers: u32,
        _headers_size: u32, _grpc_status: u32
    ) { Ok(()) }
    proxy_grpc_stream(
        _guest, _target: u32, _target_size: u32, _service: u32, _service_size: u32, _method: u32, _method_size: u32,
        _metadata: u32, _metadata_size: u32, _token_at: u32
    ) { Err(Status::UNIMPLEMENTED.into()) }
    proxy_grpc_send(_guest, _token: u32, _message: u32, _size: u32, _end: u32) { Err(Status::UNIMPLEMENTED.into()) }
}

/// Headers of the HTTP answer that is being delivered; every other map is empty here.
fn answer_headers(guest: &mut Guest<'_>, map: u32) -> Result<Vec<(String, String)>, Status> {
    const HTTP_CALL_RESPONSE_HEADERS: u32 = 6;
    const LAST_MAP: u32 = 7;
    match (&guest.state().answer, map) {
        (_, map) if map > LAST_MAP => Err(Status::BAD_ARGUMENT),
        (Some(Answer::Response { headers, .. }), HTTP_CALL_RESPONSE_HEADERS) => Ok(headers.clone()),
        _ => Ok(Vec::new()),
    }
}
